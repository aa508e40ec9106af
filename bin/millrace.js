#!/usr/bin/env node
'use strict';
/*
 * The command. Old syntax on purpose: it must run on the Node it is about to refuse.
 *
 * Millrace needs Node 22.18 (it runs TypeScript by type stripping). On an older Node this file starts itself
 * again with the binary of the `node` package, passes everything through and ends as that process
 * ended. bin/package.json makes it CommonJS, the one module system that every Node reads.
 */
var fs = require('fs');
var moduleApi = require('module');
var path = require('path');
var url = require('url');

var NEEDED = [22, 18];
var EXIT_USAGE = 2;

function isNewEnough(version) {
  var parts = version.split('.').map(Number);
  return parts[0] > NEEDED[0] || (parts[0] === NEEDED[0] && parts[1] >= NEEDED[1]);
}

/** The `node` package's binary: in our own node_modules, or hoisted into a folder above us. */
function findPackagedNode() {
  var name = process.platform === 'win32' ? 'node.exe' : 'node';
  var folder = path.dirname(__dirname);
  for (;;) {
    var candidate = path.join(folder, 'node_modules', 'node', 'bin', name);
    if (fs.existsSync(candidate)) return candidate;
    var parent = path.dirname(folder);
    if (parent === folder) return null;
    folder = parent;
  }
}

function runAgainWith(binary) {
  var spawn = require('child_process').spawn;
  var child = spawn(binary, [__filename].concat(process.argv.slice(2)), { stdio: 'inherit' });

  ['SIGINT', 'SIGTERM', 'SIGHUP'].forEach(function (signal) {
    process.on(signal, function () {
      // Ctrl-C goes to every process of the terminal, so the child has it already; a second copy
      // would read as an impatient second Ctrl-C.
      if (signal === 'SIGINT' && process.stdin.isTTY) return;
      child.kill(signal);
    });
  });
  child.on('error', function (error) {
    console.error('millrace: cannot start ' + binary + ': ' + error.message);
    process.exit(EXIT_USAGE);
  });
  child.on('exit', function (code, signal) {
    if (!signal) process.exit(code);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}

function refuse() {
  console.error(
    'millrace needs Node ' +
      NEEDED.join('.') +
      ' or newer; this is ' +
      process.versions.node +
      '.\n' +
      'Install a newer Node (https://nodejs.org), or add one beside it: npm install node@24',
  );
  process.exit(EXIT_USAGE);
}

/** In a checkout the sources run as they are; a package brings them compiled. */
function start() {
  if (moduleApi.enableCompileCache) moduleApi.enableCompileCache();
  var root = path.dirname(__dirname);
  var source = path.join(root, 'src', 'cli', 'main.ts');
  var compiled = path.join(root, 'dist', 'src', 'cli', 'main.js');
  import(url.pathToFileURL(fs.existsSync(source) ? source : compiled).href);
}

if (isNewEnough(process.versions.node)) {
  start();
} else {
  var packaged = findPackagedNode();
  if (packaged) runAgainWith(packaged);
  else refuse();
}
