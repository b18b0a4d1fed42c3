// The hot line, by hand:
// {"params":["user.worker","job","en2","ntime","nonce"(,"bits")],"id":7,"method":"mining.submit"} in any key
// order. Anything unusual (escapes, nesting, other types) returns false and is left to the JSON parser.

#include "stratum/v1/codec.h"
#include "stratum/v1/submit_fields.h"

namespace stratum::v1 {
namespace {

class Scanner {
  public:
    explicit Scanner(std::string_view text) : at_(text.data()), end_(text.data() + text.size()) {}

    void skip_space() {
        while (at_ != end_ && (*at_ == ' ' || *at_ == '\t' || *at_ == '\r')) ++at_;
    }
    bool take(char expected) {
        skip_space();
        if (at_ == end_ || *at_ != expected) return false;
        ++at_;
        return true;
    }
    [[nodiscard]] bool at_end() {
        skip_space();
        return at_ == end_;
    }
    // A string without escapes or control characters.
    bool string(std::string_view& out) {
        if (!take('"')) return false;
        const char* from = at_;
        while (at_ != end_ && *at_ != '"') {
            if (*at_ == '\\' || static_cast<unsigned char>(*at_) < 0x20 ||
                static_cast<unsigned char>(*at_) >= 0x80)
                return false;
            ++at_;
        }
        if (at_ == end_) return false;
        out = {from, static_cast<std::size_t>(at_ - from)};
        ++at_;
        return true;
    }
    // An unsigned integer, a string or null, as its own text.
    bool id(std::string_view& out) {
        skip_space();
        const char* from = at_;
        if (at_ == end_) return false;
        if (*at_ == '"') {
            std::string_view inner;
            if (!string(inner)) return false;
        } else if (*at_ >= '0' && *at_ <= '9') {
            while (at_ != end_ && *at_ >= '0' && *at_ <= '9') ++at_;
            if (*from == '0' && at_ - from > 1) return false;
        } else {
            return false;
        }
        out = {from, static_cast<std::size_t>(at_ - from)};
        return out.size() <= request_id_bytes_max;
    }

  private:
    const char* at_;
    const char* end_;
};

bool scan_params(Scanner& scanner, SubmitFields& fields) {
    if (!scanner.take('[')) return false;
    do {
        if (fields.count == fields.text.size() || !scanner.string(fields.text[fields.count])) return false;
        ++fields.count;
    } while (scanner.take(','));
    return scanner.take(']');
}

}  // namespace

bool scan_submit(std::string_view line, std::string_view& id, Submit& submit) {
    Scanner scanner(line);
    SubmitFields fields;
    bool have_id = false, have_method = false, have_params = false;
    if (!scanner.take('{')) return false;
    do {
        std::string_view key;
        if (!scanner.string(key) || !scanner.take(':')) return false;
        if (key == "id" && !have_id) {
            have_id = scanner.id(id);
            if (!have_id) return false;
        } else if (key == "method" && !have_method) {
            std::string_view method;
            if (!scanner.string(method) || method != "mining.submit") return false;
            have_method = true;
        } else if (key == "params" && !have_params) {
            have_params = scan_params(scanner, fields);
            if (!have_params) return false;
        } else {
            return false;
        }
    } while (scanner.take(','));
    if (!scanner.take('}') || !scanner.at_end() || !have_id || !have_method || !have_params) return false;
    submit = decode_submit(fields);
    return true;
}

Submit decode_submit(const SubmitFields& fields) {
    Submit out;
    out.refused = RejectReason::malformed;
    if (fields.count != 5 && fields.count != 6) return out;
    out.worker = fields.text[0];
    auto& submission = out.submission;

    const auto job = fields.text[1];
    const auto rest = fields.text[2];
    const auto ntime = parse_hex_u32(fields.text[3]);
    const auto nonce = parse_hex_u32(fields.text[4]);
    const auto bits = fields.count == 6 ? parse_hex_u32(fields.text[5]) : std::uint32_t{0};
    if (!ntime || !nonce || !bits) return out;
    submission.ntime = *ntime;
    submission.nonce = *nonce;
    submission.version_bits = *bits;
    if (rest.size() % 2 != 0) return out;
    if (rest.size() / 2 > rest_bytes_max) {
        out.refused = RejectReason::extranonce_size;
        return out;
    }
    submission.rest_bytes = static_cast<std::uint8_t>(rest.size() / 2);
    if (!decode_hex(rest, std::span(submission.rest).first(submission.rest_bytes))) return out;

    // Our job ids are 1 to 16 hex letters; any other text names no job of ours.
    out.refused.reset();
    if (job.empty() || job.size() > 16) {
        out.refused = RejectReason::unknown_job;
        return out;
    }
    const auto split = job.size() > 8 ? job.size() - 8 : 0;
    const auto low = parse_hex_u32(job.substr(split));
    const auto high = split == 0 ? std::uint32_t{0} : parse_hex_u32(job.substr(0, split));
    if (!low || !high)
        out.refused = RejectReason::unknown_job;
    else
        submission.job = static_cast<std::uint64_t>(*high) << 32 | *low;
    return out;
}

}  // namespace stratum::v1
