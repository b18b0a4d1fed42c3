#include "stratum/address.h"

#include <algorithm>
#include <array>
#include <optional>

#include "stratum/base58.h"

namespace stratum {
namespace {

constexpr std::size_t address_letters_max = 90;  // BIP173
constexpr std::string_view bech32_letters = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
constexpr std::uint32_t bech32_constant = 1;            // BIP173
constexpr std::uint32_t bech32m_constant = 0x2bc830a3;  // BIP350

struct Prefixes {
    std::string_view human;
    std::uint8_t public_key_hash;
    std::uint8_t script_hash;
};

Prefixes prefixes_of(Network network) {
    switch (network) {
        case Network::main:
            return {"bc", 0x00, 0x05};
        case Network::regtest:
            return {"bcrt", 0x6f, 0xc4};
        case Network::test:
        case Network::signet:
            break;
    }
    return {"tb", 0x6f, 0xc4};
}

ParsedAddress refused(AddressError error) {
    ParsedAddress out;
    out.error = error;
    return out;
}

ParsedAddress accepted(std::string text, Bytes script) {
    ParsedAddress out;
    out.ok = true;
    out.address = {std::move(text), std::move(script)};
    return out;
}

ParsedAddress parse_base58_address(std::string_view text, Network network) {
    const auto decoded = decode_base58check(text);
    if (!decoded || decoded->payload.size() != 21) return refused(AddressError::not_an_address);
    if (!decoded->checksum_ok) return refused(AddressError::bad_checksum);

    const ByteView payload{decoded->payload};
    const auto prefixes = prefixes_of(network);
    const auto hash = payload.subspan(1);
    Bytes script;
    if (payload[0] == prefixes.public_key_hash) {
        script = {0x76, 0xa9, 0x14};  // DUP HASH160 <20 bytes> EQUALVERIFY CHECKSIG
        script.insert(script.end(), hash.begin(), hash.end());
        script.insert(script.end(), {0x88, 0xac});
    } else if (payload[0] == prefixes.script_hash) {
        script = {0xa9, 0x14};  // HASH160 <20 bytes> EQUAL
        script.insert(script.end(), hash.begin(), hash.end());
        script.push_back(0x87);
    } else {
        return refused(AddressError::wrong_network);
    }
    return accepted(std::string(text), std::move(script));
}

std::uint32_t bech32_polymod_step(std::uint32_t state, std::uint8_t value) {
    constexpr std::array<std::uint32_t, 5> generator{0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd,
                                                     0x2a1462b3};
    const std::uint32_t top = state >> 25;
    state = (state & 0x1ffffff) << 5 ^ value;
    for (std::uint32_t i = 0; i < generator.size(); ++i)
        if ((top >> i & 1) != 0) state ^= generator[i];
    return state;
}

std::uint32_t bech32_polymod(std::string_view human, std::span<const std::uint8_t> values) {
    std::uint32_t state = 1;
    for (const char letter : human)
        state = bech32_polymod_step(state, static_cast<std::uint8_t>(letter >> 5));
    state = bech32_polymod_step(state, 0);
    for (const char letter : human)
        state = bech32_polymod_step(state, static_cast<std::uint8_t>(letter & 31));
    for (const auto value : values) state = bech32_polymod_step(state, value);
    return state;
}

bool is_our_human_part(std::string_view human) { return human == "bc" || human == "tb" || human == "bcrt"; }

// Regroups 5-bit values into bytes; nullopt when the padding is longer than 4 bits or not zero.
std::optional<Bytes> bytes_of_groups(std::span<const std::uint8_t> groups) {
    Bytes out;
    std::uint32_t bits = 0;
    int count = 0;
    for (const auto group : groups) {
        bits = bits << 5 | group;
        count += 5;
        if (count < 8) continue;
        count -= 8;
        out.push_back(static_cast<std::uint8_t>(bits >> count));
        bits &= (1U << count) - 1;
    }
    if (count > 4 || bits != 0) return std::nullopt;
    return out;
}

Bytes groups_of_bytes(ByteView data) {
    Bytes out;
    std::uint32_t bits = 0;
    int count = 0;
    for (const auto byte : data) {
        bits = bits << 8 | byte;
        count += 8;
        while (count >= 5) {
            count -= 5;
            out.push_back(static_cast<std::uint8_t>(bits >> count & 31));
            bits &= (1U << count) - 1;
        }
    }
    if (count > 0) out.push_back(static_cast<std::uint8_t>(bits << (5 - count) & 31));
    return out;
}

// The text in lower case; nullopt for mixed case or letters outside printable ASCII.
std::optional<std::string> one_case(std::string_view text) {
    std::string out(text);
    bool upper = false;
    bool lower = false;
    for (auto& letter : out) {
        if (letter < 33 || letter > 126) return std::nullopt;
        lower = lower || (letter >= 'a' && letter <= 'z');
        if (letter < 'A' || letter > 'Z') continue;
        upper = true;
        letter = static_cast<char>(letter + ('a' - 'A'));
    }
    if (upper && lower) return std::nullopt;
    return out;
}

Bytes witness_script(std::uint8_t version, ByteView program) {
    Bytes script{static_cast<std::uint8_t>(version == 0 ? 0 : 0x50 + version),
                 static_cast<std::uint8_t>(program.size())};
    script.insert(script.end(), program.begin(), program.end());
    return script;
}

ParsedAddress parse_segwit(std::string lower, std::size_t separator, Network network) {
    const std::string_view human = std::string_view(lower).substr(0, separator);
    Bytes values;
    for (const char letter : std::string_view(lower).substr(separator + 1)) {
        const auto value = bech32_letters.find(letter);
        if (value == std::string_view::npos) return refused(AddressError::not_an_address);
        values.push_back(static_cast<std::uint8_t>(value));
    }
    if (values.size() < 7) return refused(AddressError::not_an_address);  // version and six checksum letters
    const std::uint8_t version = values.front();
    const auto found = bech32_polymod(human, values);
    if (found != bech32_constant && found != bech32m_constant) return refused(AddressError::bad_checksum);
    if (found != (version == 0 ? bech32_constant : bech32m_constant))
        return refused(AddressError::bad_checksum);
    if (human != prefixes_of(network).human) return refused(AddressError::wrong_network);
    if (version > 16) return refused(AddressError::not_an_address);
    const auto program = bytes_of_groups(std::span<const std::uint8_t>(values).subspan(1, values.size() - 7));
    if (!program || program->size() < 2 || program->size() > 40) return refused(AddressError::not_an_address);
    if (version == 0 && program->size() != 20 && program->size() != 32)
        return refused(AddressError::not_an_address);
    if (version > 1 || (version == 1 && program->size() != 32))
        return refused(AddressError::unsupported_kind);
    auto script = witness_script(version, *program);
    return accepted(std::move(lower), std::move(script));
}

std::string encode_segwit(std::uint8_t version, ByteView program, std::string_view human) {
    Bytes values{version};
    const auto groups = groups_of_bytes(program);
    values.insert(values.end(), groups.begin(), groups.end());
    const auto payload = values.size();
    values.resize(payload + 6, 0);
    const auto checksum = bech32_polymod(human, values) ^ (version == 0 ? bech32_constant : bech32m_constant);
    for (std::size_t i = 0; i < 6; ++i)
        values[payload + i] = static_cast<std::uint8_t>(checksum >> 5 * (5 - i) & 31);
    std::string out(human);
    out.push_back('1');
    for (const auto value : values) out.push_back(bech32_letters[value]);
    return out;
}

std::string base58_address(std::uint8_t prefix, ByteView hash) {
    Bytes payload{prefix};
    payload.insert(payload.end(), hash.begin(), hash.end());
    return encode_base58check(payload);
}

}  // namespace

std::string explain(AddressError error, Network network) {
    const std::string example = std::string(prefixes_of(network).human) + "1q...";
    switch (error) {
        case AddressError::not_an_address:
            return "not a payout address; use one such as " + example;
        case AddressError::bad_checksum:
            return "the address has a typing error (its checksum is wrong)";
        case AddressError::wrong_network:
            return std::string("the address is of another network; this pool mines ") + name_of(network) +
                   ", use one such as " + example;
        case AddressError::unsupported_kind:
            break;
    }
    return "this kind of address cannot be paid yet; use one such as " + example;
}

ParsedAddress parse_address(std::string_view text, Network network) {
    if (text.empty() || text.size() > address_letters_max) return refused(AddressError::not_an_address);
    const auto separator = text.rfind('1');
    if (auto lower = one_case(text); lower && separator != std::string_view::npos && separator > 0) {
        const auto human = lower->substr(0, separator);
        auto parsed = parse_segwit(std::move(*lower), separator, network);
        // With a valid checksum another prefix is another chain; without one the text may still be base58.
        if (is_our_human_part(human) || parsed.error == AddressError::wrong_network) return parsed;
    }
    return parse_base58_address(text, network);
}

std::string address_of_script(ByteView script, Network network) {
    const auto prefixes = prefixes_of(network);
    const auto is = [&](std::size_t at, std::uint8_t value) { return script[at] == value; };
    if (script.size() == 25 && is(0, 0x76) && is(1, 0xa9) && is(2, 0x14) && is(23, 0x88) && is(24, 0xac))
        return base58_address(prefixes.public_key_hash, script.subspan(3, 20));
    if (script.size() == 23 && is(0, 0xa9) && is(1, 0x14) && is(22, 0x87))
        return base58_address(prefixes.script_hash, script.subspan(2, 20));
    if ((script.size() == 22 && is(0, 0) && is(1, 20)) || (script.size() == 34 && is(0, 0) && is(1, 32)))
        return encode_segwit(0, script.subspan(2), prefixes.human);
    if (script.size() == 34 && is(0, 0x51) && is(1, 32))
        return encode_segwit(1, script.subspan(2), prefixes.human);
    return {};
}

}  // namespace stratum
