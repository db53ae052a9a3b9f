import { useId, type InputHTMLAttributes, type Ref, type TextareaHTMLAttributes } from "react";

const control =
  "w-full rounded-md border border-control bg-panel px-3 text-base text-ink placeholder:text-faint aria-invalid:border-bad";

/** A labelled line of input with a hint and, when wrong, what is wrong. */
export function Field({ label, hint, problem, className = "", ...rest }: FieldProps) {
  const id = useId();
  return (
    <div className={className}>
      <label htmlFor={id} className="mb-1 block text-sm font-medium">
        {label}
      </label>
      <input
        id={id}
        aria-invalid={problem ? true : undefined}
        aria-describedby={hint || problem ? `${id}-hint` : undefined}
        {...rest}
        className={`${control} h-9`}
      />
      <Hint id={`${id}-hint`} hint={hint} problem={problem} />
    </div>
  );
}

export interface FieldProps extends InputHTMLAttributes<HTMLInputElement> {
  ref?: Ref<HTMLInputElement>;
  label: string;
  hint?: string;
  problem?: string | undefined;
}

export function TextField({ label, hint, problem, className = "", ...rest }: TextFieldProps) {
  const id = useId();
  return (
    <div className={className}>
      <label htmlFor={id} className="mb-1 block text-sm font-medium">
        {label}
      </label>
      <textarea
        id={id}
        rows={3}
        aria-invalid={problem ? true : undefined}
        aria-describedby={hint || problem ? `${id}-hint` : undefined}
        {...rest}
        className={`${control} py-2`}
      />
      <Hint id={`${id}-hint`} hint={hint} problem={problem} />
    </div>
  );
}

export interface TextFieldProps extends TextareaHTMLAttributes<HTMLTextAreaElement> {
  label: string;
  hint?: string;
  problem?: string | undefined;
}

/** A small search box without a visible label, for the head of a list. */
export function SearchField({
  label,
  className = "",
  ...rest
}: InputHTMLAttributes<HTMLInputElement> & { label: string }) {
  return (
    <input
      type="search"
      aria-label={label}
      placeholder={label}
      data-filter=""
      {...rest}
      className={`${control} h-8 text-sm ${className}`}
    />
  );
}

/** One of few choices, labelled. */
export function Choice({ label, value, options, onChange, hideLabel = false }: ChoiceProps) {
  const id = useId();
  return (
    <div className={hideLabel ? "" : "flex items-center gap-2"}>
      <label htmlFor={id} className={hideLabel ? "sr-only" : "text-sm text-faint"}>
        {label}
      </label>
      <select
        id={id}
        value={value}
        onChange={(event) => onChange(event.target.value)}
        className="h-8 max-w-56 rounded-md border border-control bg-panel px-2 text-sm text-ink"
      >
        {options.map((option) => (
          <option key={option.value} value={option.value}>
            {option.label}
          </option>
        ))}
      </select>
    </div>
  );
}

export interface ChoiceProps {
  label: string;
  value: string;
  options: readonly { value: string; label: string }[];
  onChange: (value: string) => void;
  hideLabel?: boolean;
}

function Hint({
  id,
  hint,
  problem,
}: {
  id: string;
  hint?: string | undefined;
  problem?: string | undefined;
}) {
  if (!hint && !problem) return null;
  return (
    <p id={id} className={`mt-1 text-xs ${problem ? "text-bad" : "text-faint"}`}>
      {problem ?? hint}
    </p>
  );
}
