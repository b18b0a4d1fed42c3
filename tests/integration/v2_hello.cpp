// hashyard-v2-hello PORT AUTHORITY [FIRST]: a V2 client that says FIRST (a PROXY header) and then hello, for
// v2_ports.py. Prints one line of JSON; exit code 1 says why not.

#include <algorithm>
#include <cstdlib>
#include <iostream>

#include "stratum/v2/authority.h"
#include "tests/simulators/v2_hello.h"

int main(int argc, char** argv) {
    try {
        if (argc < 3) throw std::runtime_error("give PORT and AUTHORITY");
        const auto authority = stratum::v2::parse_public_key(argv[2]);
        if (authority.has_error()) throw std::runtime_error(explain(authority.error()));
        simulators::V2Hello client(static_cast<std::uint16_t>(std::atoi(argv[1])));
        if (argc > 3) client.write(argv[3]);
        client.shake_hands(*authority);
        const auto version = client.set_up().used_version;
        client.say(stratum::v2::RequestExtensions{7, {stratum::v2::extension_worker_identity}});
        const auto granted = client.hear<stratum::v2::RequestExtensionsSuccess>();
        std::cout << "{\"version\": " << version << ", \"request\": " << granted.request_id
                  << ", \"extensions\": " << granted.supported_extensions.size() << "}" << std::endl;
        return 0;
    } catch (const std::exception& error) {
        std::cerr << error.what() << std::endl;
        return 1;
    }
}
