// Every message against the vectors, and what holds for all of them.

#include <set>

#include "stratum/v2/tlv.h"
#include "tests/unit/stratum/v2/messages/message_lists.h"
#include "tests/unit/stratum/v2/messages/vectors.h"

using namespace stratum;
using namespace stratum::v2;
using nlohmann::json;

namespace {

std::uint8_t type_of(const json& vector) {
    return static_cast<std::uint8_t>(std::stoul(vector["msg_type"].get<std::string>(), nullptr, 16));
}

// The name without the protocol in brackets that tells two messages of one name apart.
std::string name_of(const json& vector) {
    const auto name = vector["name"].get<std::string>();
    return name.substr(0, name.find(" ("));
}

template <Message M>
std::string encoded(const M& message) {
    std::string payload;
    append(message, payload);
    return payload;
}

template <Message M>
std::string recoded(ByteView payload) {
    M message;
    const auto parsed = parse(payload, message);
    REQUIRE(parsed.has_value());
    return encoded(message);
}

// Cut anywhere, a payload is refused.
template <Message M>
void check_cuts(ByteView payload) {
    for (std::size_t size = 0; size < payload.size(); ++size) {
        CAPTURE(size);
        const Bytes cut(payload.begin(), payload.begin() + static_cast<std::ptrdiff_t>(size));
        M message;
        const auto parsed = parse(cut, message);
        REQUIRE(parsed.has_error());
        CHECK(parsed.error() == WireError::too_short);
    }
}

template <Message M>
void check_vector(const json& vector) {
    CHECK(M::name == name_of(vector));
    CHECK(M::channel_message == (vector["channel_msg"] == 1));
    const auto payload = bytes_of(vector["payload"]);
    M filled;
    Filler filler(vector["fields"]);
    M::fields(filled, filler);
    CHECK(filler.at_end());
    CHECK(hex_of(encoded(filled)) == vector["payload"]);
    CHECK(hex_of(recoded<M>(payload)) == vector["payload"]);
    std::string frame;
    append_frame(filled, frame);
    CHECK(hex_of(frame) == vector["frame"]);
    check_cuts<M>(payload);
}

}  // namespace

TEST_CASE("Every message of the vectors is written and read as they say") {
    for (const auto& vector : vectors()["messages"]) {
        CAPTURE(vector["name"], vector["payload"]);
        const auto frame = bytes_of(vector["frame"]);
        const auto header = parse_frame_header(std::span(frame).first<frame_header_bytes>());
        CHECK(header.extension == vector["extension_type"].get<int>());
        CHECK(header.type == type_of(vector));
        CHECK(header.channel_message == (vector["channel_msg"] == 1));
        CHECK(header.payload_bytes == frame.size() - frame_header_bytes);
        CHECK(AllMessages::of(header.extension, header.type, [&](auto message) {
            CHECK(is<decltype(message)>(header));
            check_vector<decltype(message)>(vector);
        }));
    }
}

TEST_CASE("Setup messages of a template provider's own tests are read") {
    for (const auto& vector : vectors()["messages_from_sv2_tp"]) {
        const auto name = name_of(vector);
        CAPTURE(name);
        const auto payload = bytes_of(vector["payload"]);
        const auto& fields = vector["fields"];
        if (name == "SetupConnection") {
            SetupConnection setup;
            REQUIRE(parse(payload, setup).has_value());
            CHECK(setup.protocol == fields["protocol"]);
            CHECK(setup.min_version == fields["min_version"]);
            CHECK(setup.max_version == fields["max_version"]);
            CHECK(setup.flags == fields["flags"]);
            CHECK(setup.endpoint_host == fields["endpoint_host"]);
            CHECK(setup.endpoint_port == fields["endpoint_port"]);
            CHECK(setup.vendor == fields["vendor"]);
            CHECK(setup.hardware_version == fields["hardware_version"]);
            CHECK(setup.firmware == fields["firmware"]);
            CHECK(setup.device_id == fields["device_id"]);
            CHECK(hex_of(encoded(setup)) == vector["payload"]);
            std::string frame;
            append_frame(setup, frame);
            CHECK(hex_of(frame.substr(0, frame_header_bytes)) == vector["frame_header"]);
        } else if (name == "SetupConnection.Success") {
            SetupConnectionSuccess success;
            REQUIRE(parse(payload, success).has_value());
            CHECK(success.used_version == fields["used_version"]);
            CHECK(success.flags == fields["flags"]);
            CHECK(hex_of(encoded(success)) == vector["payload"]);
        } else {
            REQUIRE(name == "SetupConnection.Error");
            SetupConnectionError error;
            REQUIRE(parse(payload, error).has_value());
            CHECK(error.flags == fields["flags"]);
            CHECK(error.error_code == fields["error_code"]);
            CHECK(hex_of(encoded(error)) == vector["payload"]);
        }
    }
}

TEST_CASE("Malformed payloads are refused") {
    for (const auto& vector : vectors()["message_negative"]) {
        CAPTURE(vector["case"]);
        const auto payload = bytes_of(vector["payload"]);
        CHECK(AllMessages::of(0, type_of(vector),
                              [&](auto message) { CHECK(parse(payload, message).has_error()); }));
    }
}

TEST_CASE("No two messages share extension and type") {
    std::set<std::pair<int, int>> keys;
    AllMessages::each([&](auto message) {
        using M = decltype(message);
        CAPTURE(M::name);
        CHECK(keys.emplace(M::extension, M::type).second);
    });
    CHECK(keys.size() == 44);
}

TEST_CASE("Bytes after the last field are ignored") {
    AllMessages::each([](auto message) {
        using M = decltype(message);
        CAPTURE(M::name);
        auto payload = encoded(message);
        const auto before = payload;
        payload += "tail";
        M read;
        REQUIRE(parse(view_of(payload), read).has_value());
        if constexpr (std::is_same_v<M, SubmitSharesExtended>)
            CHECK(hex_of(encoded(read)) == hex_of(payload));
        else
            CHECK(hex_of(encoded(read)) == hex_of(before));
    });
}

TEST_CASE("A share keeps what follows it for extensions") {
    auto payload = bytes_of("030000000100000002000000efbeaddedbf44e6900200020080102030405060708");
    std::string area;
    append_worker_identity(area, "rig7");
    for (const char letter : area) payload.push_back(static_cast<std::uint8_t>(letter));
    SubmitSharesExtended share;
    REQUIRE(parse(payload, share).has_value());
    CHECK(to_hex(share.extranonce) == "0102030405060708");
    CHECK(share.extranonce.data() == payload.data() + 25);  // a view, no copy
    CHECK(share.extension_area.data() == payload.data() + 33);
    const auto worker = worker_identity(share.extension_area);
    REQUIRE(worker.has_value());
    CHECK(*worker == "rig7");
}

TEST_CASE("A custom job is read field by field") {
    const auto hash = std::string(64, '4');
    const auto hex = "03000000" "05000000" "020102" "00000020" + hash + "dbf44e69" "ffff7f20" "02000000"
        "025200" "feffffff" "050000010203ff" "07000000" "02" + std::string(64, '5') + std::string(64, '6');
    const auto payload = bytes_of(hex);
    SetCustomMiningJob job;
    REQUIRE(parse(payload, job).has_value());
    CHECK(job.channel_id == 3);
    CHECK(job.request_id == 5);
    CHECK(to_hex(job.mining_job_token) == "0102");
    CHECK(job.version == 0x20000000);
    CHECK(to_hex(job.prev_hash.bytes) == hash);
    CHECK(job.min_ntime == 0x694ef4db);
    CHECK(job.nbits == 0x207fffff);
    CHECK(job.coinbase_tx_version == 2);
    CHECK(to_hex(job.coinbase_prefix) == "5200");
    CHECK(job.coinbase_tx_input_n_sequence == 0xfffffffe);
    CHECK(to_hex(job.coinbase_tx_outputs) == "00010203ff");
    CHECK(job.coinbase_tx_locktime == 7);
    REQUIRE(job.merkle_path.size() == 2);
    CHECK(to_hex(job.merkle_path[1].bytes) == std::string(64, '6'));
    CHECK(hex_of(encoded(job)) == hex);
    check_cuts<SetCustomMiningJob>(payload);
}

TEST_CASE("Missing transactions are read where they lie") {
    const std::string hex = "02000000" "0300" "03000001" "0203" "000000" "010000ff";
    const auto payload = bytes_of(hex);
    ProvideMissingTransactionsSuccess message;
    REQUIRE(parse(payload, message).has_value());
    REQUIRE(message.transaction_list.size() == 3);
    CHECK(to_hex(message.transaction_list[0]) == "010203");
    CHECK(message.transaction_list[1].empty());
    CHECK(to_hex(message.transaction_list[2]) == "ff");
    CHECK(hex_of(encoded(message)) == hex);
    check_cuts<ProvideMissingTransactionsSuccess>(payload);
}

TEST_CASE("After an error the fields before it are there to answer with") {
    // A hash rate of -1 in an otherwise good request.
    auto payload = bytes_of("0a000000" "05616c696365" "000080bf" + std::string(64, 'f'));
    OpenStandardMiningChannel open;
    const auto parsed = parse(payload, open);
    REQUIRE(parsed.has_error());
    CHECK(parsed.error() == WireError::bad_number);
    CHECK(open.request_id == 10);
    CHECK(open.user_identity == "alice");
    CHECK(open.nominal_hash_rate == 0);
    CHECK(open.max_target.is_zero());
}
