// Package browser lets a test see the console as a person does: in a real
// Chromium, without a window.
//
// # The rule
//
// A test asserts facts of the page (texts, states, figures, what may be reached
// by the keyboard, what axe finds), never pixels and never times. It waits for
// the page, not for a clock: every step returns when the browser reports what
// the step was for, or fails at the limit of [stepLimit] with the page's address.
//
// # The picture
//
//	test ──> Open(t, origin) ──> Tab: a window of its own, with its own cookies
//	                              ├── Go, Push, Follow, Fill, Choose: as a person does
//	                              ├── Text, Eval: what stands there
//	                              ├── Axe, Walk, SidewaysPixels: what helps or hinders
//	                              └── Faults: console, policy, requests to others
//	         Chromium is started once for all tests of a process; [Close] ends it.
//
// # What this package does not do
//
// It knows none of our pages and no package of ours; nothing but tests imports
// it. It never skips: a machine without Chromium fails, and `.ci/install test`
// installs one.
package browser
