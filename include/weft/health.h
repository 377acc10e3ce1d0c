// weft/health.h: whether the program is ready: health::phase, ready, name. Process-wide, for /readyz and /healthz.
// Not here: who sets it (app.h). Guide: docs/guide/shutdown.md
#pragma once

#include <cstdint>
#include <string_view>

namespace weft::health {

/// Where a program is in its life. Without a weft::App it stays kNoApp.
enum class Phase : std::uint8_t { kNoApp, kStarting, kReady, kDraining, kStopped };

/// Thread safety  any, a signal handler too
Phase phase() noexcept;

/// Whether requests should be sent here: what /readyz says. True in kReady, and in kNoApp, where nobody knows better.
/// /healthz needs no more than that somebody answers.
bool ready() noexcept;

/// "no app", "starting", "ready", "draining", "stopped".
std::string_view name(Phase phase) noexcept;

}  // namespace weft::health
