// weft/net.h: the network: TcpListener, TcpStream, UnixListener, UnixStream, UdpSocket, tls::Stream, resolve, Endpoint.
// Not here: Boost's error codes (net/asio.h). Guide: docs/guide/net.md
#pragma once

#include "weft/net/endpoint.h"
#include "weft/net/resolve.h"
#include "weft/net/tcp.h"
#include "weft/net/tls.h"
#include "weft/net/udp.h"
#include "weft/net/unix.h"
