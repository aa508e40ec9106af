/**
 * Of the server `service.example`, which tests of TLS have on loopback; valid until 2125. Made for this file by
 * `openssl req -x509 -newkey ec -nodes`, trusted by nobody, so its key is no secret.
 */
export const serviceCertificate = {
  cert: `-----BEGIN CERTIFICATE-----
MIIBpjCCAU2gAwIBAgIUb9LUYOtJZ9HG2zEZGGaAf3gAKqswCgYIKoZIzj0EAwIw
GjEYMBYGA1UEAwwPc2VydmljZS5leGFtcGxlMCAXDTI2MTEyNDE2MzU1NFoYDzIx
MjYxMDMxMTYzNTU0WjAaMRgwFgYDVQQDDA9zZXJ2aWNlLmV4YW1wbGUwWTATBgcq
hkjOPQIBBggqhkjOPQMBBwNCAAR0zOCxD9oWqhx0C6mnhMaUrkbe+iiwPIG11iMf
BrXhuucspLbKd0Y53MFRvVmJPg849pMdLynIty0+rgnDUIkpo28wbTAdBgNVHQ4E
FgQUjot/OMzBnsg7rZhpeUzUVQx4yqIwHwYDVR0jBBgwFoAUjot/OMzBnsg7rZhp
eUzUVQx4yqIwDwYDVR0TAQH/BAUwAwEB/zAaBgNVHREEEzARgg9zZXJ2aWNlLmV4
YW1wbGUwCgYIKoZIzj0EAwIDRwAwRAIgOOryJWF66pRlnylDJt7n7QmM1+b/Suyh
Ys4Wp0XLJ8kCIGD7J+N2BJd9Kzr95+n4x7sIw6ysTMIZg/yZJQ60rF/5
-----END CERTIFICATE-----`,
  key: `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgLwZVIjPhk8HYuAiB
VlgJVemflAJcIVgmDLlf14e+XMKhRANCAAR0zOCxD9oWqhx0C6mnhMaUrkbe+iiw
PIG11iMfBrXhuucspLbKd0Y53MFRvVmJPg849pMdLynIty0+rgnDUIkp
-----END PRIVATE KEY-----`,
};
