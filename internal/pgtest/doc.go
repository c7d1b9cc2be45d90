// Package pgtest gives every test a migrated PostgreSQL database of its own,
// and looks at the database again when the test is over.
//
// # The rule
//
// Tests run on the real database, never on a substitute, never skip, and never
// see each other's rows. What must hold after any test at all (ties, chains) is
// registered once with [AfterEach] and checked after every test.
//
// # The picture
//
//	TEST_DATABASE_URL, else one shared server per user and boot
//	  └─ ansinh_template_<schema hash>     migrated once, then read only
//	       └─ ansinh_test_<pid>_<n>        CREATE DATABASE … TEMPLATE, one per DB(t)
//	            ├─ pool as ansinh_engine   what the test works with
//	            └─ AfterEach checks, DROP DATABASE   when the test ends
//
// The shared server lives in the system's temporary folder, starts with the
// first test that needs it, is shared by the test programs of all packages, and
// is stopped two minutes after the last of them ended by a watchdog process
// (see watchdog.go). Its data is for tests: it is not flushed to disk, and a
// folder left by an earlier boot is removed.
//
// # What this package does not do
//
// It is for tests only and the one package below cmd that may read the clock.
// It knows no table of ours: packages bring their own checks.
package pgtest
