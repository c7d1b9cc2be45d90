package demolist_test

import (
	"bytes"
	"testing"

	"github.com/xuri/excelize/v2"
)

// firstCells returns column A of the first sheet.
func firstCells(t *testing.T, content []byte) []string {
	t.Helper()
	file, err := excelize.OpenReader(bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	columns, err := file.GetCols(file.GetSheetName(0))
	if err != nil {
		t.Fatal(err)
	}
	return columns[0]
}
