// lab/harness/result_json.h: the lab's result as JSON. The format is described in docs/lab.md.
#pragma once

#include <string>

#include "lab/harness/result.h"

namespace lab {

std::string result_json(const LabResult& result);

/// Writes `text` to `path` by way of a file beside it, so that a reader never sees half of it. Throws
/// std::system_error.
void write_file(const std::string& path, const std::string& text);

/// Throws std::system_error when `path` could not be written: asked before the lab runs for minutes.
void require_writable(const std::string& path);

}  // namespace lab
