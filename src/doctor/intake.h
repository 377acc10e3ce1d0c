// doctor/intake.h: where collectors put what they read: into the evidence, and into a folder for the same report later.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "doctor/evidence.h"
#include "doctor/process_files.h"

namespace weft::doctor {

class Intake {
 public:
  /// `folder` empty: nothing is kept. Errors: std::system_error when it can't be made.
  Intake(Evidence& evidence, std::filesystem::path folder);

  /// `suffix` is what the kept file's name has beyond `name`. Errors: std::system_error when it can't be written.
  void take(const std::string& name, std::string_view suffix, std::string_view bytes);
  /// A metrics page read at that time, which the page itself does not say.
  void take_metrics(const std::string& name, std::string_view page, double unix_seconds);
  /// The same of expvar's page.
  void take_expvar(const std::string& name, std::string_view page, double unix_seconds);
  /// Keeps what /proc said; the evidence has it already. Of the environment only what the evidence holds is kept.
  void keep_process(const std::string& name, const FileTexts& files, double unix_seconds) const;

 private:
  std::string kept_environment() const;
  void keep(const std::string& file_name, std::string_view bytes) const;

  Evidence& evidence_;
  std::filesystem::path folder_;
};

/// The page with a time on each sample that has none, in the unit of its format (Prometheus 0.0.4 or OpenMetrics).
std::string stamped_page(std::string_view page, double unix_seconds);
/// The JSON object with kExpvarTime as its first member.
std::string stamped_expvar(std::string_view page, double unix_seconds);

}  // namespace weft::doctor
