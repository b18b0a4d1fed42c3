#include "stratum/address.h"

#include "tests/catch.h"

using namespace stratum;

namespace {

struct Known {
    const char* text;
    Network network;
    const char* script;
};

}  // namespace

TEST_CASE("Known addresses give their scripts and come back from them") {
    const Known known[] = {
        {"1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", Network::main,
         "76a91462e907b15cbf27d5425399ebf6f0fb50ebb88f1888ac"},
        {"1111111111111111111114oLvT2", Network::main, "76a914000000000000000000000000000000000000000088ac"},
        {"3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy", Network::main,
         "a914b472a266d0bd89c13706a4132ccfb16f7c3b9fcb87"},
        {"mipcBbFg9gMiCh81Kj8tqqdgoZub1ZJRfn", Network::test,
         "76a914243f1394f44554f4ce3fd68649c19adc483ce92488ac"},
        {"mipcBbFg9gMiCh81Kj8tqqdgoZub1ZJRfn", Network::regtest,
         "76a914243f1394f44554f4ce3fd68649c19adc483ce92488ac"},
        {"2MzQwSSnBHWHqSAqtTVQ6v47XtaisrJa1Vc", Network::signet,
         "a9144e9f39ca4688ff102128ea4ccda34105324305b087"},
        // BIP173 and BIP350.
        {"bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4", Network::main,
         "0014751e76e8199196d454941c45d1b3a323f1433bd6"},
        {"tb1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3q0sl5k7", Network::test,
         "00201863143c14c5166804bd19203356da136c985678cd4d27a1b8c6329604903262"},
        {"tb1qqqqqp399et2xygdj5xreqhjjvcmzhxw4aywxecjdzew6hylgvsesrxh6hy", Network::signet,
         "0020000000c4a5cad46221b2a187905e5266362b99d5e91c6ce24d165dab93e86433"},
        {"tb1pqqqqp399et2xygdj5xreqhjjvcmzhxw4aywxecjdzew6hylgvsesf3hn0c", Network::test,
         "5120000000c4a5cad46221b2a187905e5266362b99d5e91c6ce24d165dab93e86433"},
        {"bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0", Network::main,
         "512079be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"},
    };
    for (const auto& [text, network, script] : known) {
        CAPTURE(text);
        const auto parsed = parse_address(text, network);
        REQUIRE(parsed.ok);
        CHECK(to_hex(parsed.address.script) == script);
        CHECK(parsed.address.text == text);
        CHECK(address_of_script(parsed.address.script, network) == text);
    }
}

TEST_CASE("An address in capitals is taken and kept in lower case") {
    const auto parsed = parse_address("BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4", Network::main);
    REQUIRE(parsed.ok);
    CHECK(parsed.address.text == "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4");
}

TEST_CASE("A bad address is refused for its reason") {
    struct Bad {
        const char* text;
        Network network;
        AddressError error;
    };
    const std::string long_text(91, 'q');
    const Bad bad[] = {
        {"", Network::main, AddressError::not_an_address},
        {"1", Network::main, AddressError::not_an_address},
        {"alice", Network::main, AddressError::not_an_address},
        {long_text.c_str(), Network::main, AddressError::not_an_address},
        {"1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb", Network::main, AddressError::bad_checksum},
        {"1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfN0", Network::main, AddressError::not_an_address},
        {"1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", Network::regtest, AddressError::wrong_network},
        {"mipcBbFg9gMiCh81Kj8tqqdgoZub1ZJRfn", Network::main, AddressError::wrong_network},
        {"bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4", Network::regtest, AddressError::wrong_network},
        {"bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5", Network::main, AddressError::bad_checksum},
        {"bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3T4", Network::main, AddressError::not_an_address},
        {"bc1", Network::main, AddressError::not_an_address},
        // BIP350's invalid list.
        {"tc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vq5zuyut", Network::main,
         AddressError::wrong_network},
        {"bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqh2y7hd", Network::main,
         AddressError::bad_checksum},
        {"tb1z0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqglt7rf", Network::test,
         AddressError::bad_checksum},
        {"BC1S0XLXVLHEMJA6C4DQV22UAPCTQUPFHLXM9H8Z3K2E72Q4K9HCZ7VQ54WELL", Network::main,
         AddressError::bad_checksum},
        {"bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kemeawh", Network::main, AddressError::bad_checksum},
        {"bc1p38j9r5y49hruaue7wxjce0updqjuyyx0kh56v8s25huc6995vvpql3jow4", Network::main,
         AddressError::not_an_address},
        {"BC130XLXVLHEMJA6C4DQV22UAPCTQUPFHLXM9H8Z3K2E72Q4K9HCZ7VQ7ZWS8R", Network::main,
         AddressError::not_an_address},
        {"bc1pw5dgrnzv", Network::main, AddressError::not_an_address},
        {"bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7v8n0nx0muaewav253zgeav", Network::main,
         AddressError::not_an_address},
        {"BC1QR508D6QEJXTDG4Y5R3ZARVARYV98GJ9P", Network::main, AddressError::not_an_address},
        {"bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7v07qwwzcrf", Network::main,
         AddressError::not_an_address},
        {"tb1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vpggkg4j", Network::test,
         AddressError::not_an_address},
        {"bc1gmk9yu", Network::main, AddressError::not_an_address},
        // Valid, but of a kind nobody can spend yet.
        {"bc1pw508d6qejxtdg4y5r3zarvary0c5xw7kw508d6qejxtdg4y5r3zarvary0c5xw7kt5nd6y", Network::main,
         AddressError::unsupported_kind},
        {"BC1SW50QGDZ25J", Network::main, AddressError::unsupported_kind},
        {"bc1zw508d6qejxtdg4y5r3zarvaryvaxxpcs", Network::main, AddressError::unsupported_kind},
    };
    for (const auto& [text, network, error] : bad) {
        CAPTURE(text);
        const auto parsed = parse_address(text, network);
        CHECK_FALSE(parsed.ok);
        CHECK(parsed.error == error);
        CHECK_FALSE(explain(parsed.error, network).empty());
    }
}

TEST_CASE("A script without an address has none") {
    CHECK(address_of_script({}, Network::main).empty());
    CHECK(address_of_script(Bytes{0x51}, Network::regtest).empty());
}
