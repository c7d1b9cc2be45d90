package main

// version is this program's version; the packager sets it (Makefile, dist).
var version = "dev"
