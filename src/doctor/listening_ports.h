// doctor/listening_ports.h: where a process of this machine accepts TCP connections.
#pragma once

#include <string>
#include <vector>

namespace weft::doctor {

/// "127.0.0.1:6060", "[::1]:80": reachable over loopback, in the order of their ports. Empty as well where the process
/// may not be looked into, or lives in another network.
std::vector<std::string> loopback_ports(int pid);

/// The listening sockets of a text such as /proc/net/tcp or tcp6: where, and the socket's number.
struct ListeningSocket {
  std::string address;  // loopback's, where it listens on all
  unsigned port = 0;
  unsigned long inode = 0;
};
std::vector<ListeningSocket> read_listening_sockets(const std::string& text);

}  // namespace weft::doctor
