package doctor

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"time"
)

// NTPState reads from the kernel whether something keeps the clock.
func NTPState() (synced, known bool) {
	var state syscall.Timex
	verdict, err := syscall.Adjtimex(&state)
	const timeError = 5 // TIME_ERROR of adjtimex(2): the clock is not synchronised
	return err == nil && verdict != timeError, err == nil
}

// FreeSpace reads how much of the file system of path is free for us.
func FreeSpace(path string) (free, total uint64, err error) {
	var stat syscall.Statfs_t
	if err := syscall.Statfs(path, &stat); err != nil {
		return 0, 0, err
	}
	return stat.Bavail * uint64(stat.Bsize), stat.Blocks * uint64(stat.Bsize), nil
}

func (o Options) clock() Finding {
	synced, known := o.Synced()
	switch {
	case !known:
		return note("clock", "không đọc được trạng thái đồng bộ giờ / the clock's synchronisation cannot be read",
			"kiểm tra bằng timedatectl / look with timedatectl")
	case !synced:
		return note("clock", "đồng hồ máy không được đồng bộ (NTP) / the machine's clock is not synchronised (NTP)",
			"bật systemd-timesyncd hoặc chrony với máy chủ giờ nội bộ / enable systemd-timesyncd or chrony with a time server of the house")
	}
	return good("clock", "đồng bộ / synchronised")
}

const (
	freeMend = 2 << 30  // below this the database may stop in the middle of a statement
	freeNote = 10 << 30 // a city's Tet needs a few GB (docs/OPERATING.md)
)

func (o Options) space() Finding {
	worst, at := uint64(1<<62), ""
	for _, path := range []string{o.Dir, o.Journal, o.Backup} {
		if path == "" {
			continue
		}
		if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
			continue
		}
		free, _, err := o.Free(path)
		if err != nil {
			return mend("disk", fmt.Sprintf("không đọc được dung lượng của %s / the space at %s cannot be read: %v", path, path, err), "kiểm tra ổ đĩa / look at the disk")
		}
		if free < worst {
			worst, at = free, path
		}
	}
	what := fmt.Sprintf("%d MB còn trống ở %s / free at %s", worst>>20, at, at)
	switch {
	case at == "":
		return note("disk", "chưa có thư mục dữ liệu / there is no data folder yet", "")
	case worst < freeMend:
		return mend("disk", what, "giải phóng hoặc thêm dung lượng ngay; đừng xóa pg/ và journal/ / free or add space now; never delete pg/ or journal/")
	case worst < freeNote:
		return note("disk", what, "thêm dung lượng trước đợt chi lớn / add space before the next large batch")
	}
	return good("disk", "%s", what)
}

const (
	flushes  = 20
	flushBad = 20 * time.Millisecond // 50 commits a second: too slow for a city
)

// flush measures how long the disk takes to keep a promise.
func (o Options) flush() Finding {
	if _, err := os.Stat(o.Dir); o.Dir == "" || err != nil {
		return note("fsync", "chưa có thư mục dữ liệu / there is no data folder yet", "")
	}
	file, err := os.CreateTemp(o.Dir, "doctor-*")
	if err != nil {
		return mend("fsync", fmt.Sprintf("không ghi được vào %s / %s cannot be written: %v", o.Dir, o.Dir, err), "sửa quyền thư mục / mend the folder's permissions")
	}
	defer os.Remove(file.Name()) //nolint:errcheck // an empty file harms nobody
	defer file.Close()           //nolint:errcheck // thrown away
	took := make([]time.Duration, flushes)
	page := make([]byte, 8192)
	for i := range took {
		begun := o.Stopwatch()
		if _, err = file.WriteAt(page, 0); err == nil {
			err = file.Sync()
		}
		if err != nil {
			return mend("fsync", fmt.Sprintf("ổ đĩa báo lỗi / the disk reports an error: %v", err), "thay ổ đĩa; khôi phục từ bản sao lưu nếu cần / replace the disk; restore from a backup if needed")
		}
		took[i] = o.Stopwatch() - begun
	}
	slices.Sort(took)
	middle := took[len(took)/2]
	what := fmt.Sprintf("%s mỗi lần ghi chắc chắn / a flush", middle.Round(10*time.Microsecond))
	if middle > flushBad {
		return note("fsync", what, "ổ đĩa chậm: đợt chi lớn sẽ lâu; dùng SSD / a slow disk: large batches will take long; use an SSD")
	}
	return good("fsync", "%s", what)
}

func (o Options) port() Finding {
	if o.Listen == "" {
		return good("port", "không kiểm tra / not looked at")
	}
	listener, err := net.Listen("tcp", o.Listen)
	switch {
	case err == nil:
		_ = listener.Close() // it was only tried
		return good("port", "%s còn trống / is free", o.Listen)
	case errors.Is(err, syscall.EADDRINUSE):
		return note("port", o.Listen+" đang có chương trình dùng / is in use", "nếu không phải `ansinh serve` của máy này, chọn --listen khác / unless it is this machine's `ansinh serve`, choose another --listen")
	}
	return mend("port", fmt.Sprintf("không mở được %s / %s cannot be opened: %v", o.Listen, o.Listen, err), "chọn địa chỉ của máy này / choose an address of this machine")
}

const certificateNote = 30 * 24 * time.Hour

func (o Options) certificate() Finding {
	if o.TLSCert == "" && o.TLSKey == "" {
		return good("tls", "không dùng TLS riêng / no certificate of its own is set")
	}
	pair, err := tls.LoadX509KeyPair(o.TLSCert, o.TLSKey)
	if err != nil {
		return mend("tls", fmt.Sprintf("không dùng được chứng thư %s / the certificate cannot be used: %v", o.TLSCert, err), "đặt đúng cặp tệp chứng thư và khóa / set a certificate and the key that belongs to it")
	}
	leaf, err := x509.ParseCertificate(pair.Certificate[0])
	if err != nil {
		return mend("tls", fmt.Sprintf("chứng thư hỏng / the certificate is damaged: %v", err), "xin chứng thư mới / ask for a new one")
	}
	now, until := o.Now(), leaf.NotAfter.Format(time.DateOnly)
	renew := "xin chứng thư mới / ask for a new certificate"
	switch {
	case now.Before(leaf.NotBefore):
		return mend("tls", "chứng thư chưa có hiệu lực / the certificate is not valid yet, from "+leaf.NotBefore.Format(time.DateOnly), "kiểm tra đồng hồ máy / look at the machine's clock")
	case now.After(leaf.NotAfter):
		return mend("tls", "chứng thư đã hết hạn / the certificate ended on "+until, renew)
	case now.Add(certificateNote).After(leaf.NotAfter):
		return note("tls", "chứng thư sắp hết hạn / the certificate ends on "+until, renew)
	}
	return good("tls", "%s đến / until %s", filepath.Base(o.TLSCert), until)
}
