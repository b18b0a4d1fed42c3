#include "stratum/v2/ellswift_portable.h"

#include <algorithm>

#include <secp256k1.h>
#include <secp256k1_ecdh.h>

#include "stratum/sha256.h"
#include "stratum/v2/curve.h"

namespace stratum::v2::portable {
namespace {

constexpr int encode_tries_max = 512;  // each succeeds once in four: a true random source fails in 2^-212

// A square root of -3.
constexpr Field root_of_minus_3{0x7d8d27ae1cd5f852, 0xc61f6d15da14ecd4, 0x233770c2a797962c,
                                0x0a2d2ba93507f1df};

Field curve_value(const Field& x) { return x.square() * x + Field{7}; }
bool is_on_curve(const Field& x) { return curve_value(x).root().has_value(); }

// The last step of each branch: w (u (1 -+ c)/2 + v), with its sign.
Field t_of(const Field& u, const Field& v, const Field& w, unsigned branch) {
    const bool plus = (branch & 1) != 0;
    const auto factor = plus ? Field{1} + root_of_minus_3 : Field{1} - root_of_minus_3;
    const auto t = w * ((u * factor).half() + v);
    const bool negative = plus == ((branch & 4) != 0);
    return negative ? -t : t;
}

int copy_x(unsigned char* output, const unsigned char* x32, const unsigned char*, void*) {
    std::copy_n(x32, 32, output);
    return 1;
}

// SHA-256 of "bip324_ellswift_xonly_ecdh"; BIP340 puts a tag in twice.
constexpr std::array<std::uint8_t, 32> ecdh_tag{
    0x98, 0xf1, 0x5c, 0xda, 0x57, 0xc9, 0x3e, 0x51, 0xb1, 0xaf, 0xf0, 0x22, 0x21, 0x5c, 0xa6, 0x52,
    0x85, 0x5b, 0xc7, 0x91, 0xba, 0xd2, 0x8d, 0x1e, 0xd7, 0x67, 0x4c, 0x99, 0x40, 0x04, 0xae, 0x63};

}  // namespace

// With X = (u^3 + 7 - t^2)/(2t), Y = (X + t)/(c u) and g = u^3 + 7 + t^2 the terms of the three candidates
// are X/Y = (u^3 + 7 - t^2) c u / g and 4 Y^2 = -g^2/(3 t^2 u^2), so that one inversion serves both.
Field x_of(Field u, Field t) {
    if (u.is_zero()) u = Field{1};
    if (t.is_zero()) t = Field{1};
    const auto value = curve_value(u);
    if ((value + t.square()).is_zero()) t = t + t;
    const auto t_squared = t.square();
    const auto g = value + t_squared;
    const auto tu = t_squared * u.square();
    const auto denominator = tu + tu + tu;
    const auto inverse = (g * denominator).inverse();
    const auto third = u - g.square() * g * inverse;
    if (is_on_curve(third)) return third;
    const auto ratio = (value - t_squared) * root_of_minus_3 * u * denominator * inverse;
    const auto first = (-ratio - u).half();
    if (is_on_curve(first)) return first;
    return (ratio - u).half();
}

std::optional<Field> t_for(const Field& u, const Field& x, unsigned branch) {
    const auto value = curve_value(u);
    if ((branch & 2) == 0) {
        if (is_on_curve(-x - u)) return std::nullopt;
        // Not zero: were it, x and -x-u had one cube, and both or neither were on the curve.
        const auto denominator = u.square() + u * x + x.square();
        const auto w = Field::root_of_ratio(-value, denominator);
        if (!w) return std::nullopt;
        return t_of(u, x, *w, branch);
    }
    const auto s = x - u;
    if (s.is_zero()) return std::nullopt;
    const auto w = s.root();
    if (!w) return std::nullopt;
    const auto r = (-s * (Field{4} * value + Field{3} * s * u.square())).root();
    if (!r || ((branch & 1) != 0 && r->is_zero())) return std::nullopt;
    return t_of(u, (*r * s.inverse() - u).half(), *w, branch);
}

XOnlyKey decode(const EllSwift& encoding) {
    const std::span<const std::uint8_t, ellswift_bytes> bytes{encoding.bytes};
    return {x_of(Field::from_bytes(bytes.first<32>()), Field::from_bytes(bytes.last<32>())).bytes()};
}

EllSwift encode(const XOnlyKey& key, const RandomSource& random) {
    const auto x = Field::from_bytes(key.bytes);
    STRATUM_ENSURE(is_on_curve(x) && x.bytes() == key.bytes);
    std::array<std::uint8_t, 33> draw;
    for (int i = 0; i < encode_tries_max; ++i) {
        random(draw);
        const auto u = Field::from_bytes(std::span{draw}.first<32>());
        if (u.is_zero()) continue;
        const auto t = t_for(u, x, draw[32] & 7U);
        if (!t) continue;
        EllSwift out;
        const auto u_bytes = u.bytes();
        const auto t_bytes = t->bytes();
        std::copy(u_bytes.begin(), u_bytes.end(), out.bytes.begin());
        std::copy(t_bytes.begin(), t_bytes.end(), out.bytes.begin() + 32);
        return out;
    }
    ensure_failed("a source of random bytes", __FILE__, __LINE__);
}

Secret32 ecdh(const KeyPair& own, const EllSwift& peer, Role own_role) {
    std::array<std::uint8_t, 33> compressed{2};
    const auto peer_key = portable::decode(peer);
    std::copy(peer_key.bytes.begin(), peer_key.bytes.end(), compressed.begin() + 1);
    secp256k1_pubkey point;
    STRATUM_ENSURE(secp256k1_ec_pubkey_parse(curve(), &point, compressed.data(), compressed.size()) == 1);
    Secret32 x;
    STRATUM_ENSURE(
        secp256k1_ecdh(curve(), x.bytes.data(), &point, own.secret.bytes().data(), copy_x, nullptr) == 1);
    const bool initiator = own_role == Role::initiator;
    std::array<std::uint8_t, 3 * 32 + 2 * ellswift_bytes> message;
    auto end = message.begin();
    for (const ByteView part :
         {ByteView{ecdh_tag}, ByteView{ecdh_tag}, ByteView{initiator ? own.encoding.bytes : peer.bytes},
          ByteView{initiator ? peer.bytes : own.encoding.bytes}, ByteView{x.bytes}})
        end = std::copy(part.begin(), part.end(), end);
    const Secret32 shared{sha256(message).bytes};
    wipe(message);
    return shared;
}

}  // namespace stratum::v2::portable
