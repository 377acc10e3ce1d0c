// What "/json" answers in all of the servers that are held against each other: 1,024 bytes.
#pragma once

#include <string>

inline std::string payload() {
  std::string text = R"({"items":[)";
  for (int id = 0; id < 18; ++id) {
    text += id == 0 ? "" : ",";
    text += R"({"id":)" + std::to_string(100 + id) + R"(,"name":"an item of the list","price":12.5})";
  }
  text += R"(],"fill":")";
  return text + std::string(1024 - 2 - text.size(), 'x') + "\"}";
}
