#include "weft/http/files.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <algorithm>
#include <array>
#include <memory>

#include "http/conditional.h"
#include "http/date.h"
#include "http/folder.h"
#include "http/media_type.h"
#include "http/target.h"
#include "weft/error.h"
#include "weft/http/server.h"

namespace weft::http {
namespace {

// What there is nothing to be read of. Anything else is the server's own trouble.
[[noreturn]] void refuse(std::error_code ec) {
  static constexpr std::errc kMissing[] = {std::errc::no_such_file_or_directory,
                                           std::errc::not_a_directory,
                                           std::errc::cross_device_link,
                                           std::errc::filename_too_long,
                                           std::errc::too_many_symbolic_link_levels,
                                           std::errc::no_such_device_or_address};
  if (std::any_of(std::begin(kMissing), std::end(kMissing), [&](std::errc each) { return ec == each; }))
    throw HttpError(404, "Not Found");
  if (ec == std::errc::permission_denied) throw HttpError(403, "Forbidden");
  if (ec == std::errc::resource_unavailable_try_again) throw HttpError(503, "Service Unavailable");
  throw std::system_error(ec, "weft::http::serve_files");
}

class FileServer {
 public:
  explicit FileServer(const std::string& folder) : folder_(folder) {}

  void serve(const Request& req, Response& res) const {
    std::string name(req.path_value("path"));
    const bool names_folder = name.empty() || name.back() == '/';
    os::File file = open(name.empty() ? "." : name);
    struct stat status = status_of(file);
    if (S_ISDIR(status.st_mode)) {
      if (!names_folder) return redirect_to_folder(req, res);
      name += "index.html";
      file = open(name);
      status = status_of(file);
    } else if (names_folder) {
      throw HttpError(404, "Not Found");
    }
    if (!S_ISREG(status.st_mode)) throw HttpError(404, "Not Found");
    send(req, res, name, file, status);
  }

 private:
  os::File open(const std::string& name) const {
    std::error_code ec;
    os::File file = folder_.open(name, ec);
    if (ec) refuse(ec);
    return file;
  }

  static struct stat status_of(const os::File& file) {
    struct stat status{};
    if (::fstat(file.descriptor(), &status) != 0)
      throw std::system_error(errno, std::generic_category(), "weft::http::serve_files");
    return status;
  }

  // So that what its index refers to is found.
  static void redirect_to_folder(const Request& req, Response& res) {
    const SplitTarget parts = split(req.target());
    const std::string query = parts.query.empty() ? "" : "?" + std::string(parts.query);
    res.redirect(std::string(parts.path) + '/' + query, 301);
  }

  static void send(const Request& req, Response& res, std::string_view name, const os::File& file,
                   const struct stat& status) {
    const auto size = static_cast<std::uint64_t>(status.st_size);
    const Validators current{
        .etag = fmt::format("\"{:x}-{:x}-{:x}\"", status.st_mtim.tv_sec, status.st_mtim.tv_nsec, size),
        .modified = status.st_mtim.tv_sec};
    const auto modified = http_date(current.modified);
    res.set_header("ETag", current.etag);
    res.set_header("Last-Modified", {modified.data(), modified.size()});
    res.set_header("Accept-Ranges", "bytes");
    if (is_out_of_date(req, current)) return res.error(412, "Precondition Failed");
    if (has_already(req, current)) {
      res.status(304);
      return;
    }
    const AskedRange asked = asked_range(req, current, size);
    if (!asked.satisfiable) {
      res.set_header("Content-Range", fmt::format("bytes */{}", size));
      return res.error(416, "Range Not Satisfiable");
    }
    const Range range = asked.range.value_or(Range{0, size});
    if (asked.range) {
      res.status(206).set_header("Content-Range",
                                 fmt::format("bytes {}-{}/{}", range.first, range.first + range.count - 1, size));
    }
    res.set_header("Content-Type", media_type(name));
    res.set_header("X-Content-Type-Options", "nosniff");
    res.set_header("Content-Length", fmt::format("{}", range.count));
    if (req.method() != "HEAD") send_bytes(res, file, range);
  }

  // A file that has shrunk meanwhile is an answer that breaks off.
  static void send_bytes(Response& res, const os::File& file, Range range) {
    constexpr std::size_t kPiece = 64 << 10;
    const std::size_t room = std::min<std::uint64_t>(kPiece, range.count);
    const auto buffer = std::make_unique_for_overwrite<char[]>(room);
    while (range.count != 0) {
      const std::span<char> piece(buffer.get(), std::min<std::uint64_t>(room, range.count));
      const std::size_t count = file.read_at(range.first, std::as_writable_bytes(piece));
      if (count == 0) return;
      res.write({piece.data(), count});
      range.first += count;
      range.count -= count;
    }
  }

  Folder folder_;
};

}  // namespace

void serve_files(Server& server, std::string_view prefix, const std::string& folder) {
  if (!prefix.starts_with('/') || !prefix.ends_with('/'))
    throw usage_error("weft::http::serve_files: the prefix \"" + std::string(prefix) +
                      "\" does not begin and end with '/'");
  const auto files = std::make_shared<const FileServer>(folder);
  server.handle("GET " + std::string(prefix) + "{path...}",
                [files](const Request& req, Response& res) { files->serve(req, res); });
}

}  // namespace weft::http
