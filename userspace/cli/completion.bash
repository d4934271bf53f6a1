# shellcheck shell=bash
# Bash completion for suture. Names of patches come from `suture list`.

_suture_names() {
	suture list --json 2>/dev/null | sed -n 's/^ *"name": *"\([^"]*\)".*/\1/p'
}

_suture() {
	local word=${COMP_WORDS[COMP_CWORD]} command='' i
	local commands="pack sign verify bundle apply promote revert remove restore auto settle list status
		report trace inspect find targets doctor"
	COMPREPLY=()
	for ((i = 1; i < COMP_CWORD; i++)); do
		case ${COMP_WORDS[i]} in
		-*) ;;
		*)
			command=${COMP_WORDS[i]}
			break
			;;
		esac
	done
	if [ -z "$command" ]; then
		mapfile -t COMPREPLY < <(compgen -W "$commands --help --version" -- "$word")
		return
	fi
	if [[ $word == -* ]]; then
		# what the command itself says that it has
		mapfile -t COMPREPLY < <(compgen -W "$(suture "$command" --help 2>/dev/null |
			grep -o -E -- '--[a-z][a-z-]*')" -- "$word")
		return
	fi
	case $command in
	auto) mapfile -t COMPREPLY < <(compgen -W "on off status" -- "$word") ;;
	promote | revert | remove | restore | settle | status)
		mapfile -t COMPREPLY < <(compgen -W "$(_suture_names)" -- "$word")
		;;
	apply | trace)
		mapfile -t COMPREPLY < <(
			compgen -W "$(_suture_names)" -- "$word"
			compgen -d -- "$word"
			compgen -f -X '!*.spm' -- "$word"
		)
		;;
	sign | verify | bundle | inspect | targets)
		mapfile -t COMPREPLY < <(
			compgen -d -- "$word"
			compgen -f -X '!*.spm' -- "$word"
		)
		;;
	*) mapfile -t COMPREPLY < <(compgen -f -- "$word") ;;
	esac
}

complete -o filenames -F _suture suture
