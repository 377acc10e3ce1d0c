// The twin of bench/net/http_weft.cc on net/http.
package main

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
	"time"
)

func payload() []byte {
	var text strings.Builder
	text.WriteString(`{"items":[`)
	for id := 0; id < 18; id++ {
		if id != 0 {
			text.WriteString(",")
		}
		fmt.Fprintf(&text, `{"id":%d,"name":"an item of the list","price":12.5}`, 100+id)
	}
	text.WriteString(`],"fill":"`)
	text.WriteString(strings.Repeat("x", 1024-2-text.Len()))
	text.WriteString(`"}`)
	return []byte(text.String())
}

func main() {
	json := payload()
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.Write([]byte("Hello, World!"))
	})
	mux.HandleFunc("/json", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Write(json)
	})
	mux.HandleFunc("/spin", func(w http.ResponseWriter, r *http.Request) {
		end := time.Now().Add(200 * time.Millisecond)
		for time.Now().Before(end) {
		}
		w.Write([]byte("done"))
	})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	fmt.Println(listener.Addr())
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	protocols.SetHTTP2(true)
	protocols.SetUnencryptedHTTP2(true)
	server := &http.Server{Handler: mux, Protocols: protocols}
	if len(os.Args) == 3 {
		panic(server.ServeTLS(listener, os.Args[1], os.Args[2]))
	}
	panic(server.Serve(listener))
}
