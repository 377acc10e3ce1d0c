// A pipeline: each stage is a goroutine that reads one channel and writes the next; closing runs from front to back.
#include <weft/weft.h>

#include <cctype>
#include <cstdio>
#include <string>
#include <utility>

namespace {

// A stage owns the channel that it writes: it makes it, closes it, and hands out the receiving side only.
weft::RecvChan<std::string> words(std::string text) {
  auto out = weft::make_chan<std::string>(16);
  weft::go({.name = "words"}, [out, text = std::move(text)] {
    std::string word;
    for (char c : text + " ") {
      if (c != ' ') {
        word += c;
      } else if (!word.empty()) {
        out.send(std::exchange(word, {}));
      }
    }
    out.close();
  });
  return out;
}

weft::RecvChan<std::string> capitalized(weft::RecvChan<std::string> in) {
  auto out = weft::make_chan<std::string>(16);
  weft::go({.name = "capitalized"}, [in, out] {
    for (std::string& word : in) {
      word[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(word[0])));
      out.send(std::move(word));
    }
    out.close();
  });
  return out;
}

}  // namespace

int main() {
  return weft::run([] {
    for (const std::string& word : capitalized(words("warp and  weft"))) std::printf("%s\n", word.c_str());
  });
}

// Prints:
//   Warp
//   And
//   Weft
