#include "stratum/v2/aead.h"

#include <algorithm>
#include <memory>

#include <openssl/crypto.h>
#include <openssl/evp.h>

namespace stratum::v2 {
namespace {

struct Free {
    void operator()(EVP_CIPHER* cipher) const { EVP_CIPHER_free(cipher); }
    void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_CIPHER_CTX, Free>;

// Looking the cipher up costs more than sealing a frame, so a context is set up once in each thread.
Context make_context(int encrypt) {
    const std::unique_ptr<EVP_CIPHER, Free> cipher(EVP_CIPHER_fetch(nullptr, "ChaCha20-Poly1305", nullptr));
    Context context(EVP_CIPHER_CTX_new());
    STRATUM_ENSURE(cipher && context);
    STRATUM_ENSURE(EVP_CipherInit_ex2(context.get(), cipher.get(), nullptr, nullptr, encrypt, nullptr) == 1);
    return context;
}

void start(EVP_CIPHER_CTX* context, const AeadRecord& record, int encrypt) {
    std::array<std::uint8_t, 12> nonce{};
    store_le64(&nonce[4], record.counter);
    STRATUM_ENSURE(EVP_CipherInit_ex2(context, nullptr, record.key.data(), nonce.data(), encrypt, nullptr) ==
                   1);
    if (record.associated.empty()) return;
    int done = 0;
    STRATUM_ENSURE(EVP_CipherUpdate(context, nullptr, &done, record.associated.data(),
                                    static_cast<int>(record.associated.size())) == 1);
}

void update(EVP_CIPHER_CTX* context, ByteView in, std::uint8_t* out) {
    if (in.empty()) return;
    int done = 0;
    STRATUM_ENSURE(EVP_CipherUpdate(context, out, &done, in.data(), static_cast<int>(in.size())) == 1);
}

}  // namespace

void seal(const AeadRecord& record, ByteView plain, std::span<std::uint8_t> out) {
    STRATUM_ENSURE(out.size() == plain.size() + aead_tag_bytes);
    thread_local const Context context = make_context(1);
    start(context.get(), record, 1);
    update(context.get(), plain, out.data());
    int done = 0;
    STRATUM_ENSURE(EVP_CipherFinal_ex(context.get(), out.data() + plain.size(), &done) == 1);
    STRATUM_ENSURE(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG, aead_tag_bytes,
                                       out.data() + plain.size()) == 1);
}

bool open(const AeadRecord& record, ByteView sealed, std::span<std::uint8_t> out) {
    STRATUM_ENSURE(sealed.size() == out.size() + aead_tag_bytes);
    thread_local const Context context = make_context(0);
    std::array<std::uint8_t, aead_tag_bytes> tag;
    std::copy_n(sealed.begin() + static_cast<std::ptrdiff_t>(out.size()), tag.size(), tag.begin());
    start(context.get(), record, 0);
    update(context.get(), sealed.first(out.size()), out.data());
    STRATUM_ENSURE(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_TAG, aead_tag_bytes, tag.data()) ==
                   1);
    int done = 0;
    if (EVP_CipherFinal_ex(context.get(), tag.data(), &done) == 1) return true;
    OPENSSL_cleanse(out.data(), out.size());
    return false;
}

}  // namespace stratum::v2
