#pragma once
// Inside the proof room only: walks through the documents of a file and notes what holds (verify.h). Pure.

#include <string>
#include <utility>

#include "fleet/proof/verify.h"

namespace fleet::proof {

// Walks through the documents of a file and notes what holds.
class Judge {
  public:
    Judge(std::string_view file, const std::optional<PublicKey>& key)
        : documents_(documents_of(file)), expected_(key) {
        if (file.size() > text_bytes_max) refuse("the file is too long");
        if (documents_.empty()) refuse("the file does not begin with a line \"hashyard …\"");
    }

    void block();
    void slice();
    void log();
    void statement();
    void receipt();
    Verdict take() {
        if (readable() && next_ < documents_.size()) refuse(name_of_next() + " does not belong here");
        return std::move(verdict_);
    }

  private:
    [[nodiscard]] bool readable() const { return verdict_.unreadable.empty(); }
    void refuse(const std::string& why) {
        if (readable()) verdict_.unreadable = why;
    }
    [[nodiscard]] std::string name_of_next() const {
        if (next_ == documents_.size()) return "the end of the file";
        const auto text = documents_[next_];
        return "document " + std::to_string(next_ + 1) + " (" + std::string(text.substr(0, text.find('\n'))) +
               ")";
    }
    [[nodiscard]] bool next_is(std::string_view first_line) const {
        return readable() && next_ < documents_.size() && documents_[next_].starts_with(first_line) &&
               documents_[next_].substr(first_line.size()).starts_with('\n');
    }
    void note(const std::string& what, const std::string& why) {
        if (readable()) verdict_.checked.note(what, why);
    }
    void fact(std::string text) { verdict_.facts.push_back(std::move(text)); }

    // The next document by its parser; a default value when there is none such.
    template <typename T>
    T read(Parsed<T> (*parse)(std::string_view)) {
        return read_text(parse, readable() && next_ < documents_.size() ? documents_[next_] : "");
    }
    template <typename T>
    T read_text(Parsed<T> (*parse)(std::string_view), std::string_view text) {
        if (!readable()) return {};
        const auto out = parse(text);
        if (!out) {
            refuse(name_of_next() + ", " + out.error().what);
            return {};
        }
        last_text_ = text;
        ++next_;
        return *out;
    }
    // The same for a signed one.
    template <typename T>
    T read_signed(const std::string& what, Parsed<T> (*parse)(std::string_view)) {
        if (!readable()) return {};
        const auto text = next_ < documents_.size() ? documents_[next_] : std::string_view();
        auto read = parse_signed_text(text);
        if (!read) {
            refuse(name_of_next() + " is not a signed text");
            return {};
        }
        signed_ = std::move(*read);
        const auto out = read_text(parse, signed_.text);
        if (readable()) check_signature(what);
        return out;
    }
    void check_signature(const std::string& what) {
        std::string why;
        if (!verify(signed_)) why = "the text or the signature was changed";
        if (why.empty() && expected_ && signed_.key != *expected_)
            why = "it is by another key, " + hex_of(signed_.key);
        if (why.empty() && verdict_.key && *verdict_.key != signed_.key)
            why = "it is by another key than the rest, " + hex_of(signed_.key);
        if (!verdict_.key) verdict_.key = signed_.key;
        note(what + " is signed", why);
    }

    TreeHead tree_head();
    void newer_heads(TreeHead& head);
    SliceLeaf slice_in_log();
    ShareLeaf share_in(const SliceLeaf& slice);
    void user_in(const SliceLeaf& slice);
    void bundle_slice(const BlockBundle& bundle, const BundleSlice& slice);
    void liabilities();
    void one_statement();

    const std::vector<std::string_view> documents_;
    const std::optional<PublicKey> expected_;
    std::size_t next_ = 0;
    std::string_view last_text_;
    SignedText signed_;
    Verdict verdict_;
};

}  // namespace fleet::proof
