#!/bin/sh
# Builds the client with the packages of Debian, which are for GOPATH. In a module of your own, `go get` fetches newer ones.
set -eu
GO111MODULE=off GOPATH="$PWD/gopath:/usr/share/gocode" go build -o client .
