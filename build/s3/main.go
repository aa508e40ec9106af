// An S3 server for the tests: versitygw on a folder, without the parts of its command that take most of the
// time to compile (other backends, the command line). test/services/versitygw.ts builds and starts it.
//
// Arguments: folder, port on 127.0.0.1. The one account is in ROOT_ACCESS_KEY and ROOT_SECRET_KEY.
package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"

	"github.com/versity/versitygw/backend/meta"
	"github.com/versity/versitygw/backend/posix"
	"github.com/versity/versitygw/embedgw"
)

func serve(folder string, port string) error {
	buckets := filepath.Join(folder, "buckets")
	versions := filepath.Join(folder, "versions")
	attributes := filepath.Join(folder, "attributes")
	for _, made := range []string{buckets, versions, attributes} {
		if err := os.MkdirAll(made, 0o700); err != nil {
			return err
		}
	}
	// Not as extended attributes: temporary folders often cannot have those.
	metadata, err := meta.NewSideCar(attributes)
	if err != nil {
		return err
	}
	store, err := posix.New(buckets, metadata, posix.PosixOpts{
		VersioningDir: versions,
		SideCarDir:    attributes,
		Concurrency:   64,
		// S3's own limit; its default of zero lets nothing be copied.
		CopyObjectThreshold: 5 << 30,
	})
	if err != nil {
		return err
	}
	return embedgw.RunVersityGW(context.Background(), store, &embedgw.Config{
		RootUserAccess:    os.Getenv("ROOT_ACCESS_KEY"),
		RootUserSecret:    os.Getenv("ROOT_SECRET_KEY"),
		Ports:             []string{net.JoinHostPort("127.0.0.1", port)},
		MaxConnections:    1024,
		MaxRequests:       512,
		MultipartMaxParts: 10000,
		KeepAlive:         true,
		Quiet:             true,
		HealthPath:        "/health",
	})
}

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: s3 <folder> <port>")
		os.Exit(2)
	}
	if err := serve(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
