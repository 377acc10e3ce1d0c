/* The C of weft's benchmarks, compiled here too: both sides call the same. */
#include "../foreign.c"
