// The one compilation of Asio and Beast. Every other file sees declarations only (5 to 13 s saved in each).

#include <boost/asio/impl/src.hpp>
#include <boost/asio/ssl/impl/src.hpp>
#include <boost/beast/src.hpp>
