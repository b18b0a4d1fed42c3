# Writes OUTPUT, a C++ source that holds every file of FOLDER named in FILES, for server/http/static_files.h.
# Run as: cmake -DFOLDER=… -DFILES=a;b -DOUTPUT=… -P embed_files.cmake
set(arrays "")
set(table "")
set(index 0)
foreach(file IN LISTS FILES)
  file(READ "${FOLDER}/${file}" hex HEX)
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
  string(REGEX REPLACE "(0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,)"
    "\\1\n" bytes "${bytes}")
  string(APPEND arrays "constexpr unsigned char file_${index}[] = {\n${bytes}0};\n")
  string(APPEND table "    EmbeddedFile{\"${file}\",\n"
    "      {reinterpret_cast<const char*>(file_${index}), sizeof file_${index} - 1}},\n")
  math(EXPR index "${index} + 1")
endforeach()
file(WRITE "${OUTPUT}" "// Made by embed_files.cmake from the web folder.
#include \"server/http/static_files.h\"

namespace server::http {
namespace {

${arrays}
}  // namespace

std::span<const EmbeddedFile> embedded_files() {
    static const EmbeddedFile files[] = {
${table}    };
    return files;
}

}  // namespace server::http
")
