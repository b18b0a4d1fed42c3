// SHA-256 with the x86 SHA extensions (Intel SDM vol. 1, 5.19). One or two lanes from one source: the
// compiler unrolls.

#include "stratum/sha256_compress.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace stratum {

#if defined(__x86_64__)

bool shani_supported() {
    __builtin_cpu_init();
    unsigned a = 7, b = 0, c = 0, d = 0;
    __asm__("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
    return (b >> 29 & 1) != 0 && __builtin_cpu_supports("sse4.1") && __builtin_cpu_supports("ssse3");
}

namespace {

#define HASHYARD_SHANI __attribute__((target("sha,sse4.1,ssse3")))

template <unsigned Lanes, BlockForm Form>
HASHYARD_SHANI __attribute__((always_inline)) inline void compress(const CompressLane* lanes) {
    const __m128i swap = _mm_set_epi64x(0x0c0d0e0f08090a0bLL, 0x0405060700010203LL);
    const auto* constants = reinterpret_cast<const __m128i*>(sha256_round_constants);
    __m128i abef[Lanes], cdgh[Lanes], message[Lanes][4];

    for (unsigned lane = 0; lane < Lanes; ++lane) {
        const auto* state = reinterpret_cast<const __m128i*>(lanes[lane].state);
        const __m128i abcd = _mm_shuffle_epi32(_mm_loadu_si128(state), 0xb1);
        const __m128i efgh = _mm_shuffle_epi32(_mm_loadu_si128(state + 1), 0x1b);
        abef[lane] = _mm_alignr_epi8(abcd, efgh, 8);
        cdgh[lane] = _mm_blend_epi16(efgh, abcd, 0xf0);
    }
#pragma GCC unroll 16
    for (unsigned i = 0; i < 16; ++i) {
        const __m128i k = _mm_loadu_si128(constants + i);
        for (unsigned lane = 0; lane < Lanes; ++lane) {
            auto* m = message[lane];
            if (i < 4) {
                m[i] = _mm_loadu_si128(reinterpret_cast<const __m128i*>(lanes[lane].block) + i);
                if (Form == BlockForm::bytes) m[i] = _mm_shuffle_epi8(m[i], swap);
            }
            __m128i wk = _mm_add_epi32(m[i & 3], k);
            cdgh[lane] = _mm_sha256rnds2_epu32(cdgh[lane], abef[lane], wk);
            if (i >= 3 && i < 15) {
                const __m128i shifted = _mm_alignr_epi8(m[i & 3], m[(i - 1) & 3], 4);
                m[(i + 1) & 3] = _mm_sha256msg2_epu32(_mm_add_epi32(m[(i + 1) & 3], shifted), m[i & 3]);
            }
            wk = _mm_shuffle_epi32(wk, 0x0e);
            abef[lane] = _mm_sha256rnds2_epu32(abef[lane], cdgh[lane], wk);
            if (i >= 1 && i < 13) m[(i - 1) & 3] = _mm_sha256msg1_epu32(m[(i - 1) & 3], m[i & 3]);
        }
    }
    for (unsigned lane = 0; lane < Lanes; ++lane) {
        auto* state = reinterpret_cast<__m128i*>(lanes[lane].state);
        const __m128i feba = _mm_shuffle_epi32(abef[lane], 0x1b);
        const __m128i dchg = _mm_shuffle_epi32(cdgh[lane], 0xb1);
        const __m128i abcd = _mm_blend_epi16(feba, dchg, 0xf0);
        const __m128i efgh = _mm_alignr_epi8(dchg, feba, 8);
        _mm_storeu_si128(state, _mm_add_epi32(_mm_loadu_si128(state), abcd));
        _mm_storeu_si128(state + 1, _mm_add_epi32(_mm_loadu_si128(state + 1), efgh));
    }
}

}  // namespace

HASHYARD_SHANI void compress_shani(const CompressLane& lane, BlockForm form) {
    if (form == BlockForm::bytes)
        compress<1, BlockForm::bytes>(&lane);
    else
        compress<1, BlockForm::words>(&lane);
}

HASHYARD_SHANI void compress_shani_two(const CompressLane& first, const CompressLane& second,
                                       BlockForm form) {
    const CompressLane lanes[2] = {first, second};
    if (form == BlockForm::bytes)
        compress<2, BlockForm::bytes>(lanes);
    else
        compress<2, BlockForm::words>(lanes);
}

#else

bool shani_supported() { return false; }
void compress_shani(const CompressLane& lane, BlockForm form) { compress_portable(lane, form); }
void compress_shani_two(const CompressLane& first, const CompressLane& second, BlockForm form) {
    compress_portable(first, form);
    compress_portable(second, form);
}

#endif

}  // namespace stratum
