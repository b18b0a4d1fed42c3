#include "stratum/template.h"

namespace stratum {

const char* name_of(Coin coin) {
    switch (coin) {
        case Coin::bitcoin:
            break;
    }
    return "bitcoin";
}

const char* name_of(Algorithm algorithm) {
    switch (algorithm) {
        case Algorithm::sha256d:
            break;
    }
    return "sha256d";
}

const char* name_of(Network network) {
    switch (network) {
        case Network::main:
            return "main";
        case Network::test:
            return "test";
        case Network::signet:
            return "signet";
        case Network::regtest:
            break;
    }
    return "regtest";
}

}  // namespace stratum
