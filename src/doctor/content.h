// doctor/content.h: the parts of add_content(): what the bytes are, and what becomes of them in the evidence.
#pragma once

#include <string>
#include <string_view>

#include "doctor/bundle.h"
#include "doctor/evidence.h"
#include "pprof/profile.h"

namespace weft::doctor {

/// Puts a profile where it belongs by its kind.
void add_profile(Evidence& evidence, std::string_view name, pprof::Profile profile);
/// Adds what an executable said to what other files said of it.
void add_binary(Evidence& evidence, std::string_view name, Binary binary);

/// Text of any of the kinds: its kind, once its content is in the evidence. kUnknown: it is none of them, and nothing
/// has changed. Errors: Unreadable, when it is of a kind but damaged.
ContentKind add_text(Evidence& evidence, std::string_view name, std::string_view text);

/// "t=0.000 SIGTERM #1", "t=1.501 exit rc=1". False: no such line.
bool add_shutdown_timeline(Evidence& evidence, std::string_view text);
/// "t=0s VmRSS=960156 kB". False: no such line.
bool add_resident_series(Evidence& evidence, std::string_view text);

/// Why a text that many send can't be used: "a profile as text: ask for it without debug=1". Empty: not known.
std::string known_but_unused(std::string_view text);

}  // namespace weft::doctor
