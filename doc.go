// Package ansinh is the root of An Sinh, an engine that pays social welfare
// without cash and proves where every đồng is.
//
// It holds no code. Its tests are the repository's own rules: they read every
// file and refuse what the house style refuses, so that a rule is something
// that fails and not something one has to remember. Start reading at
// docs/ARCHITECTURE.md; the binary is cmd/ansinh.
//
// Nothing imports this package, and it imports nothing.
package ansinh
