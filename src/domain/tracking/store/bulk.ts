export { insertRows, numberList, textList } from "#kernel/search";
