// weft/net.h: the network: TcpListener, TcpStream, Endpoint.
// Not here: datagrams, Unix sockets, TLS (not there yet). Guide: docs/guide/net.md
#pragma once

#include "weft/net/endpoint.h"
#include "weft/net/tcp.h"
