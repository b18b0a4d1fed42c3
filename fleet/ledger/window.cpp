#include "fleet/ledger/window.h"

namespace fleet::ledger {

const char* name_of(LedgerError error) {
    switch (error.kind) {
        case LedgerError::Kind::overflow:
            return "overflow";
        case LedgerError::Kind::no_network_work:
            return "no_network_work";
        case LedgerError::Kind::no_weight:
            return "no_weight";
        case LedgerError::Kind::bad_rule:
            return "bad_rule";
    }
    return "unknown";
}

void throw_exception_from_error(LedgerError error, const boost::source_location&) {
    throw std::runtime_error(std::string("ledger: ") + name_of(error));
}

LedgerResult<Integer> weight_of_hash(const Integer& network_work) {
    if (network_work == 0) return LedgerError::no_network_work;
    return Integer((Integer(1) << unit_bits) / network_work);
}

Integer work_of_target(const Integer& target) {
    const Integer greatest = std::numeric_limits<Integer>::max();
    if (target == greatest) return 1;
    const Integer divisor = target + 1;
    // floor(2^256 / d) without a 257-bit number: (2^256 - 1) / d falls short by one exactly when d divides
    // 2^256.
    Integer quotient;
    Integer rest;
    boost::multiprecision::divide_qr(greatest, divisor, quotient, rest);
    if (rest + 1 == divisor) ++quotient;
    return quotient;
}

Integer window_limit(unsigned factor) { return Integer(factor) << unit_bits; }

LedgerResult<Window::Taken> Window::add_share(const std::string& account, const Integer& work,
                                              const Integer& hash_weight) {
    return checked([&] {
        if (full()) return Taken::none;
        const Integer weight = work * hash_weight;
        const Integer counted = std::min(weight, room());
        weights_[account] += counted;
        total_ += counted;
        if (counted == weight) return Taken::whole;
        cut_weight_ = counted;
        return Taken::cut;
    });
}

LedgerResult<Window::Taken> Window::add_run(const std::string& account, const Integer& work,
                                            const Integer& hash_weight) {
    return checked([&] {
        const Integer weight = work * hash_weight;
        if (weight > room()) return Taken::none;
        weights_[account] += weight;
        total_ += weight;
        return Taken::whole;
    });
}

}  // namespace fleet::ledger
