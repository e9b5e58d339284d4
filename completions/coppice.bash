# Bash completion of coppice. Subcommands, options and names are read from the tool's own help, so that they are always
# those of the tool that is about to run. Installed to share/bash-completion/completions/coppice; to try it without
# installing: source completions/coppice.bash

# Every option on the help text of stdin, a line each: "-k", or "--index NAME Index: kd, kdmap, brute (default kd)".
_coppice_options() {
  local line pattern='^  (-[^ ]+)( ([A-Z][A-Za-z0-9_.,]*))?(  +(.*))?$' option
  while IFS= read -r line; do
    [[ $line =~ $pattern ]] || continue
    for option in ${BASH_REMATCH[1]//,/ }; do
      printf '%s\n' "$option ${BASH_REMATCH[3]:--} ${BASH_REMATCH[5]}"
    done
  done
}

# The names in a description like "Balance of kd: growth (default), avl, avl-2 … avl-8, weight".
_coppice_names() {
  local name names pattern='^(.*-)([0-9]+) … .*-([0-9]+)$' number
  [[ $1 == *': '* ]] || return 0
  names=${1#*: }
  IFS=, read -ra names <<<"${names%%(default [a-z]*}"
  for name in "${names[@]}"; do
    name=${name/(default)/}
    name=${name#"${name%%[! ]*}"}
    name=${name%"${name##*[! ]}"}
    if [[ $name =~ $pattern ]]; then
      for ((number = BASH_REMATCH[2]; number <= BASH_REMATCH[3]; ++number)); do
        printf '%s\n' "${BASH_REMATCH[1]}$number"
      done
    else
      printf '%s\n' "$name"
    fi
  done
}

_coppice() {
  local tool=${1/#\~/$HOME} current=$2 previous=$3
  COMPREPLY=()
  # Bash gives "--index=kd" as three words.
  if [[ $current == = ]]; then
    current=
  elif [[ $previous == = ]] && ((COMP_CWORD > 2)); then
    previous=${COMP_WORDS[COMP_CWORD - 2]}
  fi

  local help subcommands
  help=$("$tool" --help 2>/dev/null) || return 0
  subcommands=$(sed -n '/^Subcommands:/,/^$/s/^  \([a-z][a-z-]*\) .*/\1/p' <<<"$help")

  local word subcommand=
  for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    if grep -qxF -e "$word" <<<"$subcommands"; then
      subcommand=$word
      break
    fi
  done
  local options
  options=$(_coppice_options <<<"$help")
  if [[ -n $subcommand ]]; then
    options=$(grep -v '^--version ' <<<"$options"; _coppice_options < <("$tool" "$subcommand" --help 2>/dev/null))
  fi

  # The value of an option, when the word before takes one.
  local option value description
  while read -r option value description; do
    [[ $option == "$previous" && $value != - ]] || continue
    case $value in
      FILE* | *.npz) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- "$current") ;;
      DIR) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -d -- "$current") ;;
      NAME) mapfile -t COMPREPLY < <(compgen -W "$(_coppice_names "$description")" -- "$current") ;;
    esac
    return 0
  done <<<"$options"

  if [[ $current == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$(cut -d' ' -f1 <<<"$options" | sort -u)" -- "$current")
  elif [[ -z $subcommand ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$subcommands" -- "$current")
  else
    compopt -o filenames 2>/dev/null
    mapfile -t COMPREPLY < <(compgen -f -- "$current")
  fi
}

complete -F _coppice coppice
