package main

// The metrics page as client_golang's collectors write it, by hand: their names, types and buckets.

import (
	"fmt"
	"io"
	"math"
	"net/http"
	"os"
	"runtime"
	"runtime/metrics"
	"strconv"
	"strings"
	"time"
)

// What the default collector takes of runtime/metrics.
var inDefault = map[string]bool{
	"/gc/gogc:percent":          true,
	"/gc/gomemlimit:bytes":      true,
	"/sched/gomaxprocs:threads": true,
}

func metricsPage(all bool) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8; escaping=values")
		writeRuntimeMetrics(w, all)
		writeMemStats(w)
		writeProcess(w)
	})
}

func sample(w io.Writer, kind, name, labels string, value float64) {
	fmt.Fprintf(w, "# HELP %s Of the live test.\n# TYPE %s %s\n%s%s %s\n", name, name, kind, name, labels,
		strconv.FormatFloat(value, 'g', -1, 64))
}

func writeRuntimeMetrics(w io.Writer, all bool) {
	descriptions := metrics.All()
	var samples []metrics.Sample
	var wanted []metrics.Description
	for _, description := range descriptions {
		if all || inDefault[description.Name] {
			samples = append(samples, metrics.Sample{Name: description.Name})
			wanted = append(wanted, description)
		}
	}
	metrics.Read(samples)
	for i, one := range samples {
		name, kind := prometheusName(wanted[i]), "gauge"
		if wanted[i].Cumulative {
			kind = "counter"
		}
		switch one.Value.Kind() {
		case metrics.KindUint64:
			sample(w, kind, name, "", float64(one.Value.Uint64()))
		case metrics.KindFloat64:
			sample(w, kind, name, "", one.Value.Float64())
		case metrics.KindFloat64Histogram:
			unit := one.Name[strings.IndexByte(one.Name, ':')+1:]
			writeHistogram(w, name, unit, one.Value.Float64Histogram())
		}
	}
}

// client_golang: go_ and the path, its unit, and _total for what only rises and is no histogram.
func prometheusName(description metrics.Description) string {
	path, unit := description.Name, ""
	if colon := strings.IndexByte(path, ':'); colon >= 0 {
		path, unit = path[:colon], path[colon+1:]
	}
	name := "go" + strings.NewReplacer("/", "_", "-", "_").Replace(path) + "_" +
		strings.NewReplacer("/", "_per_", "-", "_", "*", "_").Replace(unit)
	if description.Cumulative && description.Kind != metrics.KindFloat64Histogram {
		name += "_total"
	}
	return name
}

// client_golang takes one bucket for each power of ten up to a second, for each power of two of bytes.
func coarser(unit string, upper float64) float64 {
	base := 2.0
	if unit == "seconds" {
		if upper > 1 {
			return math.Inf(1)
		}
		base = 10
	}
	if upper <= 0 || math.IsInf(upper, 0) {
		return upper
	}
	return math.Pow(base, math.Ceil(math.Log(upper)/math.Log(base)))
}

func writeHistogram(w io.Writer, name, unit string, histogram *metrics.Float64Histogram) {
	fmt.Fprintf(w, "# HELP %s Of the live test.\n# TYPE %s histogram\n", name, name)
	total, sum := uint64(0), 0.0
	for i, count := range histogram.Counts {
		upper := histogram.Buckets[i+1]
		total += count
		if lower := histogram.Buckets[i]; !math.IsInf(lower, 0) {
			sum += lower * float64(count)
		}
		last := i+1 == len(histogram.Counts)
		edge := coarser(unit, upper)
		if !last && coarser(unit, histogram.Buckets[i+2]) == edge || math.IsInf(edge, 0) {
			continue
		}
		le := strconv.FormatFloat(math.Nextafter(edge, math.Inf(-1)), 'g', -1, 64)
		fmt.Fprintf(w, "%s_bucket{le=\"%s\"} %d\n", name, le, total)
	}
	fmt.Fprintf(w, "%s_bucket{le=\"+Inf\"} %d\n%s_sum %g\n%s_count %d\n", name, total, name, sum, name, total)
}

func writeMemStats(w io.Writer) {
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	threads, _ := runtime.ThreadCreateProfile(nil)
	sample(w, "gauge", "go_goroutines", "", float64(runtime.NumGoroutine()))
	sample(w, "gauge", "go_threads", "", float64(threads))
	sample(w, "gauge", "go_info", "{version=\""+runtime.Version()+"\"}", 1)
	fmt.Fprintf(w, "# HELP go_gc_duration_seconds Pauses.\n# TYPE go_gc_duration_seconds summary\n")
	fmt.Fprintf(w, "go_gc_duration_seconds{quantile=\"0.5\"} %g\n", float64(stats.PauseNs[(stats.NumGC+255)%256])/1e9)
	fmt.Fprintf(w, "go_gc_duration_seconds_sum %g\n", float64(stats.PauseTotalNs)/1e9)
	fmt.Fprintf(w, "go_gc_duration_seconds_count %d\n", stats.NumGC)
	for _, one := range []struct {
		name  string
		value uint64
	}{
		{"alloc_bytes", stats.Alloc}, {"sys_bytes", stats.Sys}, {"heap_alloc_bytes", stats.HeapAlloc},
		{"heap_sys_bytes", stats.HeapSys}, {"heap_idle_bytes", stats.HeapIdle},
		{"heap_inuse_bytes", stats.HeapInuse}, {"heap_released_bytes", stats.HeapReleased},
		{"heap_objects", stats.HeapObjects}, {"stack_inuse_bytes", stats.StackInuse},
		{"stack_sys_bytes", stats.StackSys}, {"next_gc_bytes", stats.NextGC},
		{"mspan_inuse_bytes", stats.MSpanInuse}, {"mspan_sys_bytes", stats.MSpanSys},
		{"mcache_inuse_bytes", stats.MCacheInuse}, {"mcache_sys_bytes", stats.MCacheSys},
		{"buck_hash_sys_bytes", stats.BuckHashSys}, {"gc_sys_bytes", stats.GCSys},
		{"other_sys_bytes", stats.OtherSys},
	} {
		sample(w, "gauge", "go_memstats_"+one.name, "", float64(one.value))
	}
	sample(w, "gauge", "go_memstats_last_gc_time_seconds", "", float64(stats.LastGC)/1e9)
	sample(w, "counter", "go_memstats_alloc_bytes_total", "", float64(stats.TotalAlloc))
	sample(w, "counter", "go_memstats_mallocs_total", "", float64(stats.Mallocs))
	sample(w, "counter", "go_memstats_frees_total", "", float64(stats.Frees))
}

var started = time.Now()

// Of /proc/self/stat: user and system time in hundredths of a second, virtual and resident memory.
func writeProcess(w io.Writer) {
	text, err := os.ReadFile("/proc/self/stat")
	if err != nil {
		return
	}
	fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
	field := func(number int) float64 { // as proc(5) counts them
		value, _ := strconv.ParseFloat(fields[number-3], 64)
		return value
	}
	sample(w, "counter", "process_cpu_seconds_total", "", (field(14)+field(15))/100)
	sample(w, "gauge", "process_virtual_memory_bytes", "", field(23))
	sample(w, "gauge", "process_resident_memory_bytes", "", field(24)*float64(os.Getpagesize()))
	sample(w, "gauge", "process_start_time_seconds", "", float64(started.UnixNano())/1e9)
	if files, err := os.ReadDir("/proc/self/fd"); err == nil {
		sample(w, "gauge", "process_open_fds", "", float64(len(files)))
	}
}
