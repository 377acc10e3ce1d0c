#include "doctor/listening_ports.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>
#include <system_error>
#include <tuple>

namespace weft::doctor {
namespace {

std::string text_of(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::string link_target(const std::filesystem::path& path) {
  std::error_code ignored;
  return std::filesystem::read_symlink(path, ignored).string();
}

// The numbers of the sockets that the process holds: its descriptors are links to "socket:[4242]".
std::set<unsigned long> sockets_of(int pid) {
  std::set<unsigned long> sockets;
  std::error_code error;
  const std::filesystem::path folder = "/proc/" + std::to_string(pid) + "/fd";
  for (auto entry = std::filesystem::directory_iterator(folder, error);
       !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    unsigned long inode = 0;
    if (std::sscanf(link_target(entry->path()).c_str(), "socket:[%lu]", &inode) == 1) sockets.insert(inode);
  }
  return sockets;
}

// The kernel writes addresses as words in the byte order of the machine.
std::string loopback_address(const std::string& hex) {
  if (hex == "00000000" || hex == "0100007F") return "127.0.0.1";
  if (hex == "00000000000000000000000001000000") return "[::1]";
  if (hex == "0000000000000000FFFF00000100007F") return "127.0.0.1";
  if (hex == std::string(32, '0')) return "127.0.0.1";  // almost always IPv4's as well
  return "";
}

}  // namespace

std::vector<ListeningSocket> read_listening_sockets(const std::string& text) {
  constexpr unsigned kListening = 0x0A;
  std::vector<ListeningSocket> sockets;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    char address[33] = {};
    ListeningSocket socket;
    unsigned state = 0;
    constexpr const char* kLine = "%*d: %32[0-9A-F]:%4x %*32[0-9A-F]:%*x %2x %*s %*s %*s %*s %*s %lu";
    if (std::sscanf(line.c_str(), kLine, address, &socket.port, &state, &socket.inode) != 4) continue;
    socket.address = loopback_address(address);
    if (state == kListening && !socket.address.empty()) sockets.push_back(socket);
  }
  return sockets;
}

std::vector<std::string> loopback_ports(int pid) {
  const std::string process = "/proc/" + std::to_string(pid);
  if (link_target(process + "/ns/net") != link_target("/proc/self/ns/net")) return {};
  const std::set<unsigned long> own = sockets_of(pid);
  std::set<std::pair<unsigned, std::string>> found;
  for (const char* table : {"/net/tcp", "/net/tcp6"}) {
    for (const ListeningSocket& socket : read_listening_sockets(text_of(process + table))) {
      if (own.contains(socket.inode)) found.emplace(socket.port, socket.address);
    }
  }
  std::vector<std::string> ports;
  for (const auto& [port, address] : found) ports.push_back(address + ":" + std::to_string(port));
  return ports;
}

}  // namespace weft::doctor
