// doctor/process_files.h: /proc and control groups, as texts by path: read from the live system, or recorded elsewhere.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>

#include "doctor/evidence.h"

namespace weft::doctor {

/// Texts by their path, as /proc/self/... or /proc/<pid>/... and /sys/fs/cgroup/... named them.
using FileTexts = std::map<std::string, std::string, std::less<>>;

/// What they say; absent files leave fields absent. v1, v2, hybrid, nested; the tightest limit of all ancestors counts.
ProcessState read_process_state(const FileTexts& files);

/// Reads what read_process_state() understands for a live process, ancestors' control groups included. Unreadable files
/// are left out; none at all: nullopt (no such process).
std::optional<FileTexts> collect_process_files(int pid);

}  // namespace weft::doctor
