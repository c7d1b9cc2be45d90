package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"ansinh/internal/assembly"
	"ansinh/internal/backup"
	"ansinh/internal/calendar"
	"ansinh/internal/pgdb"
	"ansinh/ledger"
)

func backupCommands() []command {
	return []command{
		{name: "backup", short: "sao lưu khi mọi người vẫn làm việc / copy the database into one file while everybody works",
			example: "ansinh backup --dir /var/lib/ansinh --to /mnt/backup/", setup: setupBackup},
		{name: "backup verify", args: "FILE", short: "thử khôi phục một bản sao lưu / restore a backup into a temporary server and verify its ledger",
			example: "ansinh backup verify /mnt/backup/ansinh-ABC-20260127T100000Z.ansinh-backup", setup: setupBackupVerify},
		{name: "restore", short: "khôi phục vào thư mục mới / put a backup into a new folder; every channel stays closed until two people open it",
			example: "ansinh restore --from FILE --dir /var/lib/ansinh-new --old /var/lib/ansinh", setup: setupRestore},
		{name: "version", short: "phiên bản / this program's version", example: "ansinh version", setup: setupVersion},
	}
}

func setupVersion(*flag.FlagSet) run {
	return func(_ context.Context, e *env, _ []string) error {
		fmt.Fprintf(e.stdout, "ansinh %s schema %d\n", version, pgdb.MigrationNumbers()[len(pgdb.MigrationNumbers())-1])
		return nil
	}
}

// ownFolder is the data folder whose own server e uses, "" for a server elsewhere.
func (e *env) ownFolder() string {
	if e.server == nil {
		return ""
	}
	return e.folder()
}

func setupBackup(f *flag.FlagSet) run {
	to := f.String("to", "", "file that does not exist yet, or a folder; default "+envBackup+" or DIR/backup")
	asJSON := f.Bool("json", false, "the manifest as JSON")
	return func(ctx context.Context, e *env, args []string) error {
		if len(args) > 0 {
			return usagef("what is %q?", args[0])
		}
		url, err := e.migrated(ctx)
		if err != nil {
			return err
		}
		target := *to
		if target == "" {
			target = e.backupFolder() + string(filepath.Separator)
		}
		path, m, err := backup.Write(ctx, backup.Source{URL: url, Dir: e.ownFolder(), Program: version, Now: e.now()()}, target)
		if err != nil {
			return err
		}
		if *asJSON {
			return e.printJSON(map[string]any{"file": path, "manifest": m})
		}
		fmt.Fprintf(e.stdout, "%s: %d chứng từ / vouchers, %d dòng / lines, mốc / head %s, %d MB\n", path, m.Vouchers, m.Lines, m.Head, m.DumpSize>>20)
		fmt.Fprintln(e.stdout, "KHÔNG có trong bản sao lưu: tệp khóa (keys) và nhật ký gửi (journal). Giữ riêng hai thứ đó ở nơi khác.\n"+
			"NOT in this backup: the keys file and the send journal. Keep both, apart from it and from each other.\n"+
			"Thử khôi phục / try it: ansinh backup verify "+path)
		return nil
	}
}

func (e *env) backupFolder() string {
	if folder := os.Getenv(envBackup); folder != "" {
		return folder
	}
	return e.path("backup")
}

func setupBackupVerify(f *flag.FlagSet) run {
	asJSON := f.Bool("json", false, "the result as JSON")
	temporary := f.String("temp", "", "where the temporary server may lie; default the system's temporary folder")
	return func(ctx context.Context, e *env, args []string) error {
		path, err := oneFile(args)
		if err != nil {
			return err
		}
		c, err := backup.Verify(ctx, path, *temporary)
		if err != nil {
			return err
		}
		if *asJSON {
			return e.printJSON(map[string]any{"manifest": c.Manifest, "vouchers": c.Vouchers, "lines": c.Lines, "head": c.Head, "verified": true})
		}
		fmt.Fprintf(e.stdout, "khôi phục thử được, sổ đúng / restores, and its ledger verifies: %d chứng từ / vouchers, %d dòng / lines, mốc / head %s, %s\n",
			c.Vouchers, c.Lines, c.Head, c.Manifest.TakenAt.In(calendar.Zone).Format("2006-01-02 15:04"))
		return nil
	}
}

func setupRestore(f *flag.FlagSet) run {
	from := f.String("from", "", "the backup")
	old := f.String("old", "", "the old data folder, where it survives: keys, journal and a demo's clock are taken over from it")
	journal := f.String("journal", "", "folder of the surviving send journals; default OLD/journal")
	keys := f.String("keys", "", "keys file; default OLD/keys; without both you put it into the new folder")
	lost := f.Bool("journal-lost", false, "the send journal is lost: only the banks' statements will tell what was sent")
	asJSON := f.Bool("json", false, "the result as JSON")
	return func(ctx context.Context, e *env, args []string) error {
		o := backup.RestoreOptions{File: *from, Dir: e.dir, Journal: *journal, JournalLost: *lost, Keys: *keys}
		if *old != "" {
			if o.Journal == "" {
				o.Journal = filepath.Join(*old, "journal")
			}
			if o.Keys == "" {
				o.Keys = existing(filepath.Join(*old, "keys"))
			}
			o.Clock = existing(filepath.Join(*old, "clock"))
		}
		switch {
		case len(args) > 0:
			return usagef("what is %q?", args[0])
		case *from == "" || e.dir == "":
			return usagef("--from FILE and --dir NEW are needed")
		case !*lost && existing(o.Journal) == "":
			return usagef("name the surviving send journals with --journal or --old, or say --journal-lost")
		}
		o.Now = (&clock{path: o.Clock}).Now
		if o.Clock == "" {
			o.Now = time.Now
		}
		o.Anchor = func() *ledger.Anchor { return newestAnchor(*old) }
		m, r, err := backup.Restore(ctx, o)
		if err != nil {
			return err
		}
		if *asJSON {
			return e.printJSON(map[string]any{"manifest": m, "epoch": r.Origin.Epoch, "causes": r.Causes, "sends_not_on_record": r.Sends, "journal_lost": r.Lost})
		}
		fmt.Fprintf(e.stdout, "%s: sổ đúng đến mốc / ledger verified up to %s, %s\n", e.dir, m.Head, m.TakenAt.In(calendar.Zone).Format("2006-01-02 15:04"))
		fmt.Fprint(e.stdout, restoredText(e.dir, o.Keys == "", r.Sends, r.Lost, assembly.Since(m.TakenAt)))
		return nil
	}
}

// restoredText is what the operator does next, in order.
func restoredText(dir string, noKeys bool, sends int, lost bool, since calendar.Date) string {
	var b strings.Builder
	fmt.Fprintf(&b, "MỌI KÊNH ĐANG ĐÓNG: chưa khoản nào được chi. / EVERY CHANNEL IS CLOSED: nothing is paid.\n")
	if noKeys {
		fmt.Fprintf(&b, "0. Đặt tệp khóa / put the keys file: %s (mode 0600)\n", filepath.Join(dir, "keys"))
	}
	if sends > 0 {
		fmt.Fprintf(&b, "   %d lần gửi có trong nhật ký mà không có trong bản sao lưu / sends are in the journal and not in the backup\n", sends)
	}
	if lost {
		fmt.Fprintln(&b, "   Nhật ký gửi đã mất: chờ sao kê hết ngày hôm nay. / The send journal is lost: wait for statements through today.")
	}
	fmt.Fprintf(&b, "1. ansinh settlement fetch --dir %s --since %s\n", dir, since)
	fmt.Fprintf(&b, "2. ansinh dispatch show --dir %s\n", dir)
	fmt.Fprintf(&b, "3. ansinh dispatch open --dir %s --bank … --by … --second … --why …   (hai người / two people, docs/OPERATING.md)\n", dir)
	return b.String()
}

// existing is path if something is there, else "".
func existing(path string) string {
	if _, err := os.Stat(path); path == "" || err != nil {
		return ""
	}
	return path
}

// newestAnchor looks through the folders for heads: those of the environment and
// that of the old data folder.
func newestAnchor(old string) *ledger.Anchor {
	folders := filepath.SplitList(os.Getenv(envAnchor))
	if old != "" {
		folders = append(folders, filepath.Join(old, "anchor"))
	}
	var newest *ledger.Anchor
	for _, folder := range folders {
		files, _ := filepath.Glob(filepath.Join(folder, "*.heads")) // a well-formed pattern
		for _, path := range files {
			list, err := ledger.ReadAnchors(path)
			if err != nil {
				continue // the doctor names it
			}
			for _, a := range list {
				if newest == nil || a.At.After(newest.At) {
					newest = &a
				}
			}
		}
	}
	return newest
}
