package pgdb

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

// FolderError means the server cannot use a folder; Mend says what to do.
type FolderError struct {
	Path, Why, Mend string
}

func (e *FolderError) Error() string {
	return fmt.Sprintf("folder %s: %s; %s", e.Path, e.Why, e.Mend)
}

// account is the system user the server runs as. PostgreSQL refuses to run as
// root, so root needs another one.
type account struct {
	name       string
	uid, gid   int
	credential *syscall.Credential // nil: the current user
}

// accountFor chooses the owner of an existing data folder; for a new one the
// current user or, when that is root, postgres or nobody.
func accountFor(dataDir string) (account, error) {
	uid := os.Getuid()
	owner, owned, err := ownerOf(dataDir)
	if err != nil {
		return account{}, err
	}
	if uid != 0 {
		if owned && owner != uid {
			return account{}, &FolderError{Path: dataDir, Why: fmt.Sprintf("it belongs to %s, not to you", userName(owner)),
				Mend: fmt.Sprintf("run as that user, or as root: chown -R %s %s", userName(uid), dataDir)}
		}
		return account{name: userName(uid), uid: uid, gid: os.Getgid()}, nil
	}
	if owned && owner == 0 {
		return account{}, &FolderError{Path: dataDir, Why: "it belongs to root, and PostgreSQL refuses to run as root",
			Mend: "run: chown -R postgres " + dataDir}
	}
	if owned {
		return accountOf(userName(owner))
	}
	for _, name := range []string{"postgres", "nobody"} {
		if chosen, err := accountOf(name); err == nil {
			return chosen, nil
		}
	}
	return account{}, errors.New("PostgreSQL refuses to run as root and this machine has neither user postgres nor nobody; " +
		"add one (useradd --system postgres) or run as an ordinary user")
}

func accountOf(name string) (account, error) {
	found, err := user.Lookup(name)
	if err != nil {
		found, err = user.LookupId(name)
	}
	if err != nil {
		return account{}, fmt.Errorf("look up user %s: %w", name, err)
	}
	uid, err := strconv.Atoi(found.Uid)
	if err != nil {
		return account{}, fmt.Errorf("user %s: %w", name, err)
	}
	gid, err := strconv.Atoi(found.Gid)
	if err != nil {
		return account{}, fmt.Errorf("user %s: %w", name, err)
	}
	return account{name: name, uid: uid, gid: gid,
		credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}, nil
}

// own hands one file or folder, not what is in it, to the account.
func (a account) own(path string) error {
	if a.credential == nil {
		return nil
	}
	return os.Lchown(path, a.uid, a.gid)
}

// checkOwned refuses a folder that is not the account's alone.
func (a account) checkOwned(path string) error {
	info, err := os.Lstat(path)
	if err != nil {
		return err
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok || !info.IsDir() || int(stat.Uid) != a.uid || info.Mode().Perm() != 0o700 {
		return &FolderError{Path: path, Why: "it is not a private folder of " + a.name,
			Mend: "remove it if it is not in use, or set another --dir or TMPDIR"}
	}
	return nil
}

// checkReach makes sure that the account can enter dir, by trying it: modes,
// groups and access lists together are more than a look at the modes can tell.
func (a account) checkReach(dir string) error {
	if a.credential == nil {
		return nil
	}
	for _, folder := range parents(dir) {
		cmd := exec.Command("/bin/sh", "-c", ":")
		cmd.Dir = folder
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: a.credential}
		err := cmd.Run()
		if errors.Is(err, os.ErrPermission) {
			return &FolderError{Path: folder, Why: fmt.Sprintf("user %s, as which the database must run, may not pass through it to %s", a.name, dir),
				Mend: fmt.Sprintf("choose another --dir, such as /var/lib/ansinh, or run: chmod o+x %s", folder)}
		}
		if err != nil {
			return fmt.Errorf("try folder %s as user %s: %w", folder, a.name, err)
		}
	}
	return nil
}

// parents lists dir and the folders above it, the topmost first.
func parents(dir string) []string {
	if parent := filepath.Dir(dir); parent != dir {
		return append(parents(parent), dir)
	}
	return []string{dir}
}

func ownerOf(path string) (uid int, exists bool, err error) {
	info, err := os.Stat(path)
	if errors.Is(err, os.ErrNotExist) {
		return 0, false, nil
	}
	if err != nil {
		return 0, false, err
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, false, fmt.Errorf("owner of %s is not known on this system", path)
	}
	return int(stat.Uid), true, nil
}

func userName(uid int) string {
	if found, err := user.LookupId(strconv.Itoa(uid)); err == nil {
		return found.Username
	}
	return strconv.Itoa(uid)
}
