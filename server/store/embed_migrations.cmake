# Writes OUTPUT, a C++ file that holds every .sql file of MIGRATIONS_DIR. Names start with a four-digit number.
file(GLOB files ${MIGRATIONS_DIR}/*.sql)
list(SORT files)
set(rows "")
foreach(file ${files})
  get_filename_component(name ${file} NAME)
  if(NOT name MATCHES "^([0-9][0-9][0-9][0-9])_[a-z0-9_]+\\.sql$")
    message(FATAL_ERROR "migrations/${name}: the name must be NNNN_words.sql")
  endif()
  # In decimal without leading zeros, which C++ would read as octal.
  string(REGEX REPLACE "^0+" "" number ${CMAKE_MATCH_1})
  file(READ ${file} hex HEX)
  string(LENGTH "${hex}" digits)
  math(EXPR bytes "${digits} / 2")
  if(bytes GREATER 60000)
    message(FATAL_ERROR "migrations/${name}: above 60,000 bytes; split it")
  endif()
  # Hex escapes of every byte: no delimiter or escape in the SQL can matter.
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "\\\\x\\1" text "${hex}")
  string(APPEND rows "    Migration{${number}, \"${name}\", std::string_view(\"${text}\", ${bytes})},\n")
endforeach()
file(WRITE ${OUTPUT}
"// Made by embed_migrations.cmake from migrations/.
#include \"server/store/migrator.h\"

namespace server::store {

std::span<const Migration> embedded_migrations() {
    static constexpr Migration migrations[] = {
${rows}    };
    return migrations;
}

}  // namespace server::store
")
