// The parts of Boost.JSON and Boost.URL that are no templates: this object, unless the program links Boost's own.
#include <boost/json/src.hpp>
#include <boost/url/src.hpp>
