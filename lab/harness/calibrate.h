// lab/harness/calibrate.h: how fast this machine is, so that "near capacity" means the same on every machine.
#pragma once

namespace lab {

/// ns that one round of lab::burn takes: the best of several tries, as others on the machine only ever slow it.
double burn_round_ns();

}  // namespace lab
