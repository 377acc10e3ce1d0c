// lab/harness/json_writer.h: writes JSON, indented, in the order in which it is told.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace lab {

class JsonWriter {
 public:
  void begin_object(std::string_view key = {});
  void end_object();
  void begin_array(std::string_view key = {});
  void end_array();
  void text(std::string_view key, std::string_view value);
  void number(std::string_view key, double value);
  void boolean(std::string_view key, bool value);
  void null(std::string_view key);

  const std::string& result() const { return out_; }

 private:
  void open(std::string_view key);
  void begin(std::string_view key, char bracket);
  void end(char bracket);

  std::string out_;
  std::vector<bool> has_members_;
};

/// With quotes; control characters and invalid bytes never get out as they are.
std::string json_quoted(std::string_view text);

}  // namespace lab
