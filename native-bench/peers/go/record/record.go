// Package record turns one JSON log line into the columns of logs.sql, with fastjson.
// Both programs use it: pgx/ hands the columns to CopyFrom, binary/ writes them itself.
package record

import (
	"errors"
	"time"

	"github.com/valyala/fastjson"
)

// Row holds the columns of a record. The slices are valid until the parser reads the next record.
type Row struct {
	Time     time.Time
	Severity int16
	Service  []byte
	Host     []byte
	TraceID  []byte
	SpanID   []byte
	Message  []byte
	rest     *fastjson.Object
}

// Parser is not safe for concurrent use: every partition has its own.
type Parser struct {
	json fastjson.Parser
}

// Severity numbers are OpenTelemetry's.
func severityOf(level []byte) int16 {
	switch string(level) {
	case "debug":
		return 5
	case "warn":
		return 13
	case "error":
		return 17
	default:
		return 9
	}
}

// Parse fills the row. It fails on what is no JSON object with a time.
func (parser *Parser) Parse(line []byte, row *Row) error {
	value, err := parser.json.ParseBytes(line)
	if err != nil {
		return err
	}
	object, err := value.Object()
	if err != nil {
		return err
	}
	at := value.GetStringBytes("ts")
	if at == nil {
		return errors.New("no ts")
	}
	if row.Time, err = parseTime(at); err != nil {
		return err
	}
	row.Severity = severityOf(value.GetStringBytes("level"))
	row.Service = value.GetStringBytes("service")
	row.Host = value.GetStringBytes("host")
	row.TraceID = value.GetStringBytes("trace_id")
	row.SpanID = value.GetStringBytes("span_id")
	row.Message = value.GetStringBytes("msg")
	for _, key := range [...]string{"ts", "level", "service", "host", "trace_id", "span_id", "msg"} {
		object.Del(key)
	}
	row.rest = object
	return nil
}

// AppendAttrs appends what is no column of its own, as JSON.
func (row *Row) AppendAttrs(to []byte) []byte {
	return row.rest.MarshalTo(to)
}

// digits reads a run of digits, or -1.
func digits(text []byte) int {
	number := 0
	for _, char := range text {
		if char < '0' || char > '9' {
			return -1
		}
		number = number*10 + int(char-'0')
	}
	return number
}

// parseTime reads 2006-01-02T15:04:05.000Z by hand and everything else by the library.
func parseTime(text []byte) (time.Time, error) {
	if len(text) == 24 && text[10] == 'T' && text[19] == '.' && text[23] == 'Z' {
		year, month, day := digits(text[0:4]), digits(text[5:7]), digits(text[8:10])
		hour, minute, second := digits(text[11:13]), digits(text[14:16]), digits(text[17:19])
		millis := digits(text[20:23])
		if year|month|day|hour|minute|second|millis >= 0 {
			return time.Date(year, time.Month(month), day, hour, minute, second, millis*1e6, time.UTC), nil
		}
	}
	return time.Parse(time.RFC3339Nano, string(text))
}
