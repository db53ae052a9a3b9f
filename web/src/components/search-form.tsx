import { useState, type ComponentProps } from "react";
import { SearchField } from "./field.tsx";

/** A search that is sent by Enter: half a condition is none, and a large set is not searched letter by letter. */
export function SearchForm({ current = "", onSearch, ...field }: SearchFormProps) {
  const [text, setText] = useState(current);
  const [begunWith, setBegunWith] = useState(current);
  // Not a new form by its key: who has pressed Enter goes on in the same field.
  if (begunWith !== current) {
    setBegunWith(current);
    setText(current);
  }
  return (
    <form
      role="search"
      onSubmit={(event) => {
        event.preventDefault();
        onSearch(text.trim() || undefined);
      }}
    >
      <SearchField {...field} value={text} onChange={(event) => setText(event.target.value)} />
    </form>
  );
}

export interface SearchFormProps extends Omit<ComponentProps<typeof SearchField>, "value" | "onChange"> {
  /** What is searched now; when it changes, by the way back for instance, the field says the new one. */
  current: string | undefined;
  /** Undefined when the field is empty. */
  onSearch: (text: string | undefined) => void;
}
