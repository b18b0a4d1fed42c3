// Catch2 2 is compiled here, once for all test programs; Catch2 3 is a library (tests/CMakeLists.txt).
#define CATCH_CONFIG_MAIN
#include "tests/catch.h"
