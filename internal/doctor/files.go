package doctor

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"ansinh/internal/backup"
	"ansinh/internal/crypt"
	"ansinh/ledger"
	"ansinh/payout"
)

func (o Options) keys() Finding {
	info, err := os.Stat(o.Keys)
	if errors.Is(err, os.ErrNotExist) {
		return mend("keys", fmt.Sprintf("không có tệp khóa %s / there is no keys file %s", o.Keys, o.Keys),
			"đặt lại tệp khóa đã cất riêng; không có nó thì không mở được số tài khoản / put back the copy that is kept apart; without it no account number opens")
	}
	if err == nil && info.Mode().Perm()&0o077 != 0 {
		return mend("keys", fmt.Sprintf("tệp khóa %s người khác đọc được (mode %04o) / others may read the keys file", o.Keys, info.Mode().Perm()), "chmod 600 "+o.Keys)
	}
	if _, err := crypt.LoadKeys(o.Keys); err != nil {
		return mend("keys", fmt.Sprintf("tệp khóa không dùng được / the keys file cannot be used: %v", err), "đặt lại tệp khóa đã cất riêng / put back the copy that is kept apart")
	}
	return good("keys", "%s", o.Keys)
}

// journal tries the folder the way a send does: create, write, flush.
func (o Options) journal() Finding {
	if o.Journal == "" {
		return mend("journal", "chưa nêu thư mục nhật ký gửi / no folder is named for the send journal", "đặt ANSINH_JOURNAL / set ANSINH_JOURNAL")
	}
	if o.Own && within(o.Journal, filepath.Join(o.Dir, "pg")) {
		return mend("journal", "nhật ký gửi nằm trong thư mục của cơ sở dữ liệu / the send journal lies inside the database's folder",
			"đặt ANSINH_JOURNAL ra ngoài, một bản khôi phục sẽ đem nhật ký cũ về / move ANSINH_JOURNAL out of it: a restored copy would bring an old journal with it")
	}
	probe := filepath.Join(o.Journal, "doctor.probe")
	file, err := os.OpenFile(probe, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if errors.Is(err, os.ErrNotExist) {
		return note("journal", fmt.Sprintf("thư mục %s chưa có / the folder is not there yet", o.Journal), "được tạo khi chi lần đầu / it is made with the first worker")
	}
	if err == nil {
		_, err = file.WriteString("probe\n")
		err = errors.Join(err, file.Sync(), file.Close(), os.Remove(probe))
	}
	if err != nil {
		return mend("journal", fmt.Sprintf("không ghi được nhật ký gửi / the send journal cannot be written: %v", err),
			"sửa quyền hoặc ổ đĩa; không có nhật ký thì không chi / mend permissions or disk; without a journal nothing is sent")
	}
	sends, err := payout.ReadJournals(o.Journal)
	if err != nil {
		return mend("journal", fmt.Sprintf("nhật ký gửi hỏng / the send journal is damaged: %v", err), "đừng sửa tay; gọi hỗ trợ / do not edit it; call for help")
	}
	return good("journal", "%s, %d lần gửi / sends", o.Journal, len(sends))
}

func within(path, folder string) bool {
	inside, err := filepath.Rel(folder, path)
	return err == nil && inside != ".." && !strings.HasPrefix(inside, "../")
}

// backupAge is when a daily backup is late.
const backupAge = 26 * time.Hour

func (o Options) backups() Finding {
	files, _ := filepath.Glob(filepath.Join(o.Backup, "*"+backup.Suffix)) // a well-formed pattern
	var newest backup.Manifest
	for _, path := range files {
		if m, err := backup.ReadManifest(path); err == nil && m.TakenAt.After(newest.TakenAt) {
			newest = m
		}
	}
	do := "ansinh backup --to " + o.Backup + "/"
	late := mend
	if o.Demo {
		late = note
	}
	switch age := o.Now().Sub(newest.TakenAt); {
	case newest.TakenAt.IsZero():
		return late("backup", fmt.Sprintf("chưa có bản sao lưu trong %s / there is no backup in %s", o.Backup, o.Backup), do)
	case age > backupAge:
		return late("backup", fmt.Sprintf("bản sao lưu mới nhất đã %s / the newest backup is %s old", hours(age), hours(age)), do)
	default:
		return good("backup", "%s trước / ago, mốc / head %s", hours(age), short(newest.Head))
	}
}

func hours(d time.Duration) string {
	return fmt.Sprintf("%dh%02d", int(d.Hours()), int(d.Minutes())%60)
}

func short(head string) string { return head[:min(len(head), 20)] }

// anchorAge is when a head should have left again: it does at every day's close.
const anchorAge = 50 * time.Hour

func (o Options) anchors() Finding {
	outside := false
	var newest time.Time
	for _, folder := range o.Anchors {
		outside = outside || !within(folder, o.Dir)
		files, _ := filepath.Glob(filepath.Join(folder, "*.heads")) // a well-formed pattern
		for _, path := range files {
			list, err := ledger.ReadAnchors(path)
			if err != nil {
				return mend("heads", fmt.Sprintf("tệp mốc %s bị sửa hoặc hỏng / the file of heads was changed or is damaged: %v", path, err),
					"giữ nguyên tệp, so với bản in của mốc, gọi kiểm toán / keep the file as it is, compare with printed heads, call the auditor")
			}
			if n := len(list); n > 0 && list[n-1].At.After(newest) {
				newest = list[n-1].At
			}
		}
	}
	set := "đặt ANSINH_ANCHOR vào thư mục của máy khác / set ANSINH_ANCHOR to a folder of another machine"
	switch {
	case newest.IsZero():
		return note("heads", "chưa có mốc sổ nào ở ngoài / no head of the ledger is kept outside yet", set)
	case o.Now().Sub(newest) > anchorAge && !o.Demo:
		return mend("heads", "mốc sổ mới nhất đã cũ / the newest head outside is old: "+newest.Format(time.RFC3339), "ansinh ledger anchor")
	case !outside:
		return note("heads", "mốc sổ chỉ nằm trên máy này / heads lie on this machine only", set)
	}
	return good("heads", "%s", newest.Format(time.RFC3339))
}
