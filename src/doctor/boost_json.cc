// The definitions of Boost.JSON, once for the doctor: Boost is used as headers only.
#include <boost/json/src.hpp>
