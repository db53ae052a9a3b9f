/** A value, or what makes one of the query. */
export type StoryAnswer = object | ((query: URLSearchParams) => object);
