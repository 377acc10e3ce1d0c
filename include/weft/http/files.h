// weft/http/files.h: serve_files(), a folder's files for whoever asks.
// Guide: docs/guide/http.md
#pragma once

#include <string>
#include <string_view>

namespace weft::http {

class Server;

/// Adds `GET prefix{path...}` to `server`: the files below `folder`. Before serve().
///
/// For a folder its index.html answers, else 404; nothing is listed. Nothing outside of `folder` is reached, by ".." or
/// by a symbolic link. Validators (ETag, Last-Modified, 304), one range (206, 416), the type by the name's extension.
///
/// Errors         std::system_error where `folder` cannot be opened; usage_error for a prefix that does not begin and
///                end with '/', or is taken
/// Blocking       a handler's thread, while the disk works; see os::File
/// Cost           a file goes through a buffer of 64 KiB
void serve_files(Server& server, std::string_view prefix, const std::string& folder);

}  // namespace weft::http
